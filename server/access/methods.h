// The protos declare what each RPC of the contract needs of its caller; this
// reads it from them.

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

struct Method {
  // Without its service, such as "SendMessage"; unique in the contract.
  std::string name;
  // "linktor.instagram.v1.MessagingService".
  std::string service;
  // The server answers with a stream.
  bool streams = false;
  // It is UNSPECIFIED where every key that is in force will do.
  v1::Permission permission = v1::PERMISSION_UNSPECIFIED;
  // Whether it changes something, so that an audit line is written. Methods
  // that do not are declared NO_SIDE_EFFECTS.
  bool changes = true;
};

class Methods {
 public:
  // Reads the options of all methods of these services. FAILED_PRECONDITION
  // with every method that declares no permission or whose name is not unique:
  // the server must not start with it.
  static absl::StatusOr<Methods> Read(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // The services of the contract.
  static std::vector<const google::protobuf::ServiceDescriptor*> Services();

  // `name` is a method of the services that were read.
  const Method& Find(std::string_view name) const;

 private:
  StringMap<Method> by_name_;
};

}  // namespace linktor::access
