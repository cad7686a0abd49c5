#include "server/access/methods.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "linktor/instagram/v1/access_service.pb.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/event_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/server_service.pb.h"

namespace linktor::access {

using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;
using google::protobuf::ServiceDescriptor;

absl::StatusOr<Methods> Methods::Read(
    const std::vector<const ServiceDescriptor*>& services) {
  Methods methods;
  std::vector<std::string> problems;
  for (const ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      const MethodOptions& options = method->options();
      const Method found{.name = method->name(),
                         .service = service->full_name(),
                         .streams = method->server_streaming(),
                         .permission = options.GetExtension(v1::permission),
                         .changes = options.idempotency_level() !=
                                    MethodOptions::NO_SIDE_EFFECTS};
      const bool any_key = options.GetExtension(v1::any_key);
      const bool one_permission =
          found.permission != v1::PERMISSION_UNSPECIFIED;
      if (!any_key && !one_permission) {
        problems.push_back(method->full_name() +
                           " declares neither a permission nor any_key");
      } else if (any_key && one_permission) {
        problems.push_back(method->full_name() +
                           " declares both a permission and any_key");
      }
      if (!methods.by_name_.emplace(found.name, found).second) {
        problems.push_back(method->full_name() +
                           " has the name of another method");
      }
    }
  }
  if (!problems.empty()) {
    return absl::FailedPreconditionError(absl::StrJoin(problems, "\n"));
  }
  return methods;
}

std::vector<const ServiceDescriptor*> Methods::Services() {
  std::vector<const ServiceDescriptor*> services;
  for (const auto* file : {v1::CreateApiKeyRequest::descriptor()->file(),
                           v1::CreateChannelRequest::descriptor()->file(),
                           v1::SubscribeEventsRequest::descriptor()->file(),
                           v1::SendMessageRequest::descriptor()->file(),
                           v1::GetServerInfoRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      services.push_back(file->service(i));
    }
  }
  return services;
}

const Method& Methods::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) {
    // A service calls its own methods by name, so this is a mistake in the
    // program, which the first call of the method shows.
    (void)std::fprintf(stderr, "no RPC is called %s\n",
                       std::string(name).c_str());
    std::abort();
  }
  return it->second;
}

}  // namespace linktor::access
