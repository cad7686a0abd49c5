#include "server/access/methods.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/status_matchers.h"

namespace linktor::access {
namespace {

using ::testing::HasSubstr;

// Written by hand, so that a slip in the protos shows.
const std::map<std::string, v1::Permission>& Expected() {
  static const auto* const kTable = new std::map<std::string, v1::Permission>{
      {"AccessService.CreateApiKey", v1::PERMISSION_MANAGE_ACCESS},
      {"AccessService.GetApiKey", v1::PERMISSION_MANAGE_ACCESS},
      {"AccessService.ListApiKeys", v1::PERMISSION_MANAGE_ACCESS},
      {"AccessService.UpdateApiKey", v1::PERMISSION_MANAGE_ACCESS},
      {"AccessService.DeleteApiKey", v1::PERMISSION_MANAGE_ACCESS},
      {"ChannelService.CreateChannel", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.GetChannel", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.ListChannels", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.UpdateChannel", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.DeleteChannel", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.SetChannelCredentials", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.SetIceBreakers", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.GetIceBreakers", v1::PERMISSION_MANAGE_CHANNELS},
      {"ChannelService.DeleteIceBreakers", v1::PERMISSION_MANAGE_CHANNELS},
      {"EventService.SubscribeEvents", v1::PERMISSION_READ_EVENTS},
      {"EventService.ListEvents", v1::PERMISSION_READ_EVENTS},
      {"EventService.ListDeliveries", v1::PERMISSION_READ_EVENTS},
      {"EventService.RedriveDeliveries", v1::PERMISSION_MANAGE_CHANNELS},
      {"MessagingService.SendMessage", v1::PERMISSION_SEND},
      {"MessagingService.GetMessage", v1::PERMISSION_READ_MESSAGES},
      {"MessagingService.ListMessages", v1::PERMISSION_READ_MESSAGES},
      {"MessagingService.ResolveMessage", v1::PERMISSION_SEND},
      {"MessagingService.ListConversations", v1::PERMISSION_READ_MESSAGES},
      {"MessagingService.GetConversation", v1::PERMISSION_READ_MESSAGES},
      {"MessagingService.UpdateConversation", v1::PERMISSION_SEND},
      {"MessagingService.EraseUser", v1::PERMISSION_MANAGE_CHANNELS},
      {"MessagingService.GetUserProfile", v1::PERMISSION_READ_MESSAGES},
      {"MessagingService.RefreshMedia", v1::PERMISSION_READ_MESSAGES},
      // Every key will do.
      {"ServerService.GetServerInfo", v1::PERMISSION_UNSPECIFIED},
  };
  return *kTable;
}

TEST(MethodsTest, EveryMethodOfTheContractIsInTheTable) {
  const auto methods = Methods::Read(Methods::Services());
  ASSERT_THAT(methods, IsOk());
  std::size_t found = 0;
  for (const auto* service : Methods::Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string name =
          service->name() + "." + service->method(i)->name();
      ASSERT_TRUE(Expected().contains(name)) << name << " has no row";
      EXPECT_EQ(methods->Find(service->method(i)->name()).permission,
                Expected().at(name))
          << name;
      ++found;
    }
  }
  EXPECT_EQ(found, Expected().size());
}

TEST(MethodsTest, MethodsThatChangeNothingAreDeclaredSo) {
  const auto methods = Methods::Read(Methods::Services());
  ASSERT_THAT(methods, IsOk());
  for (const auto& [full_name, permission] : Expected()) {
    const std::string name = full_name.substr(full_name.find('.') + 1);
    const bool reads = name.starts_with("Get") || name.starts_with("List") ||
                       name == "SubscribeEvents" || name == "RefreshMedia";
    EXPECT_EQ(methods->Find(name).changes, !reads) << name;
  }
}

// A service of another file with the methods that `fill` gives it.
const google::protobuf::ServiceDescriptor* Build(
    google::protobuf::DescriptorPool& pool,
    const std::function<void(google::protobuf::ServiceDescriptorProto&)>&
        fill) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("other.proto");
  file.set_package("other");
  file.add_message_type()->set_name("Nothing");
  auto* service = file.add_service();
  service->set_name("Other");
  fill(*service);
  for (auto& method : *service->mutable_method()) {
    method.set_input_type(".other.Nothing");
    method.set_output_type(".other.Nothing");
  }
  return pool.BuildFile(file)->service(0);
}

TEST(MethodsTest, AMethodWithoutPermissionIsRefused) {
  google::protobuf::DescriptorPool pool;
  const auto* service = Build(pool, [](auto& proto) {
    auto* good = proto.add_method();
    good->set_name("Good");
    good->mutable_options()->SetExtension(v1::permission, v1::PERMISSION_SEND);
    proto.add_method()->set_name("Forgotten");
    auto* both = proto.add_method();
    both->set_name("Both");
    both->mutable_options()->SetExtension(v1::permission, v1::PERMISSION_SEND);
    both->mutable_options()->SetExtension(v1::any_key, true);
    auto* any = proto.add_method();
    any->set_name("Any");
    any->mutable_options()->SetExtension(v1::any_key, true);
  });
  const absl::Status status = Methods::Read({service}).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(status.message(),
            "other.Other.Forgotten declares neither a permission nor any_key\n"
            "other.Other.Both declares both a permission and any_key");
}

TEST(MethodsTest, NamesAreUnique) {
  google::protobuf::DescriptorPool pool;
  const auto* service = Build(pool, [](auto& proto) {
    auto* method = proto.add_method();
    method->set_name("SendMessage");
    method->mutable_options()->SetExtension(v1::permission,
                                            v1::PERMISSION_SEND);
  });
  auto services = Methods::Services();
  services.push_back(service);
  const absl::Status status = Methods::Read(services).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("other.Other.SendMessage has the name of another"));
}

}  // namespace
}  // namespace linktor::access
