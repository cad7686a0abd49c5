// The short name of the contract's namespace.

#pragma once

namespace linktor {
namespace instagram::v1 {}
namespace v1 = instagram::v1;
}  // namespace linktor
