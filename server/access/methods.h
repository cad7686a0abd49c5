// Says what each RPC of the contract needs of its caller. The protos declare
// it; this reads it from them once at start. Admission asks it at each call.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "linktor/instagram/v1/permission.pb.h"
#include "server/base/strings.h"
#include "server/base/v1.h"

namespace google::protobuf {
class ServiceDescriptor;
}

namespace linktor::access {

// This is what the proto of one RPC says of it.
struct Method {
  // The name without its service, such as "SendMessage"; unique in the
  // contract.
  std::string name;
  // The full name of its service, such as
  // "linktor.instagram.v1.MessagingService".
  std::string service;
  // The server answers with a stream.
  bool streams = false;
  // The caller's key needs it; UNSPECIFIED where every key that is in force
  // will do.
  v1::Permission permission = v1::PERMISSION_UNSPECIFIED;
  // The method changes something, so that an audit line is written. Methods
  // that do not are declared NO_SIDE_EFFECTS.
  bool changes = true;
};

// Methods are immutable once read; thread-safe.
class Methods {
 public:
  // Reads the options of all methods of these services. Fails with
  // FAILED_PRECONDITION, with a line for each method that declares neither a
  // permission nor any_key, or both, or whose name is not unique: the server
  // must not start with it.
  static absl::StatusOr<Methods> Read(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // Returns the services of the contract; the descriptors live as long as the
  // process.
  static std::vector<const google::protobuf::ServiceDescriptor*> Services();

  // Returns the method, borrowed from this. `name` is a method of the services
  // that were read: the process ends on any other.
  const Method& Find(std::string_view name) const;

 private:
  StringMap<Method> by_name_;
};

}  // namespace linktor::access
