// Gives the contract's namespace its short name, v1, in which all of the server
// speaks of it. It needs none of the generated headers.

#pragma once

namespace linktor {
namespace instagram::v1 {}
namespace v1 = instagram::v1;
}  // namespace linktor
