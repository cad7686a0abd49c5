// Gives the contract's namespace its short name, v1, which all code of the
// server uses. This header includes none of the generated headers.

#pragma once

namespace linktor {
namespace instagram::v1 {}
namespace v1 = instagram::v1;
}  // namespace linktor
