// Says what each RPC of the contract (the proto files) requires of its caller.
// The proto files declare the requirements as options of the methods. The class
// Methods reads these options once, at start, and Admission (rpc/admission.h)
// looks up the method of each call.

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
  // force (see api_keys.h) is enough.
  v1::Permission permission = v1::PERMISSION_UNSPECIFIED;
  // It is true when the method changes something. The server writes an audit
  // line into its log for each call of a method that changes something. A
  // method that changes nothing is declared NO_SIDE_EFFECTS in its proto.
  bool changes = true;
};

// A Methods object never changes after Read, so it is thread-safe.
class Methods {
 public:
  // Reads the options of all methods of these services. There are two rules. A
  // method must declare either a permission or the option any_key, which means
  // that every key in force may call the method. No two methods may have the
  // same name. Read fails with FAILED_PRECONDITION and one line for each broken
  // rule; then the server must not start.
  static absl::StatusOr<Methods> Read(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // Returns the descriptors of all services of the contract. They live as long
  // as the process.
  static std::vector<const google::protobuf::ServiceDescriptor*> Services();

  // Returns the method, borrowed from this object. `name` must be a method of
  // the services that were read. Any other name is a mistake in this program,
  // and ends the process.
  const Method& Find(std::string_view name) const;

 private:
  StringMap<Method> by_name_;
};

}  // namespace linktor::access
