// Gives the contract's namespace, linktor::instagram::v1, the short name v1,
// which all code of the server uses. This header includes none of the headers
// that are generated from the proto files.

#pragma once

namespace linktor {
namespace instagram::v1 {}
namespace v1 = instagram::v1;
}  // namespace linktor
