// Says what each RPC of the contract requires of its caller. The proto files
// declare the requirements as options of the methods, and the class Methods
// reads the options once, at start. Admission looks a method up at each call.

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

// A Method holds what the proto file says about one RPC.
struct Method {
  // This is the name without the service, such as "SendMessage". No two methods
  // of the contract have the same name.
  std::string name;
  // This is the full name of the service, such as
  // "linktor.instagram.v1.MessagingService".
  std::string service;
  // It is true when the server answers with a stream.
  bool streams = false;
  // The caller's key needs this permission. UNSPECIFIED means that every key in
  // force may call the method.
  v1::Permission permission = v1::PERMISSION_UNSPECIFIED;
  // It is true when the method changes something; the server writes an audit
  // line for each call of such a method. A method that changes nothing is
  // declared NO_SIDE_EFFECTS in its proto.
  bool changes = true;
};

// A Methods object never changes after Read, so it is thread-safe.
class Methods {
 public:
  // Reads the options of all methods of these services. A method must declare
  // either a permission or any_key, which opens the method to every key in
  // force. No other method may have the same name. Fails with
  // FAILED_PRECONDITION and one line for each method that breaks a rule; the
  // server must not start then.
  static absl::StatusOr<Methods> Read(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // Returns the services of the contract. The descriptors live as long as the
  // process.
  static std::vector<const google::protobuf::ServiceDescriptor*> Services();

  // Returns the method, borrowed from this object. `name` must be a method of
  // the services that were read; any other name ends the process.
  const Method& Find(std::string_view name) const;

 private:
  StringMap<Method> by_name_;
};

}  // namespace linktor::access
