// Starting, stopping, administration, and what lies on the disk.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "linktor/instagram/v1/server_service.grpc.pb.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ServerTest, WrongMasterKeyRefusesToStart) {
  Gateway gateway;
  gateway.CreateChannel();
  ASSERT_EQ(gateway.server().Terminate().status, 0);
  const std::string other = gateway.folder() + "/other.key";
  std::ofstream(other) << std::string(64, 'a');
  ServerProcess server({.data_dir = gateway.folder() + "/data",
                        .master_key_file = other,
                        .graph_url = gateway.instagram().url(),
                        .more = {}});
  EXPECT_FALSE(server.Start());
  EXPECT_THAT(server.output(), HasSubstr("the master key is not the one"));
  gateway.Restart();
  v1::ListChannelsResponse response;
  ASSERT_TRUE(
      gateway.channels().ListChannels(Context().get(), {}, &response).ok());
  EXPECT_EQ(response.channels_size(), 1);
}

TEST(ServerTest, DataFolderIsOneProcessOnly) {
  Gateway gateway;
  ServerProcess second({.data_dir = gateway.folder() + "/data",
                        .master_key_file = gateway.folder() + "/master.key",
                        .graph_url = gateway.instagram().url(),
                        .more = {}});
  EXPECT_FALSE(second.Start());
  EXPECT_THAT(second.output(), HasSubstr("is in use by another process"));
}

TEST(ServerTest, EveryProblemOfTheConfigurationIsTold) {
  const ProcessEnd end =
      RunServer({"--grpc-listen", "0.0.0.0:50051", "--webhook-listen", "x",
                 "--graph-facebook-url", "http://graph.example.com"});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(
      end.output,
      AllOf(HasSubstr("data-dir"), HasSubstr("master-key-file"),
            HasSubstr("grpc-listen: other machines can reach 0.0.0.0:50051"),
            HasSubstr("webhook-listen: 'x'"),
            HasSubstr("graph-facebook-url: plain http only")));
}

TEST(ServerTest, CheckValidatesAFileWithLineNumbers) {
  std::string path = "/tmp/linktor-config-XXXXXX";
  close(mkstemp(path.data()));
  const std::string key = path + ".key";
  std::ofstream(path) << "data_dir = \"/tmp/x\"\nmaster_key_file = \"" << key
                      << "\"\n";
  EXPECT_THAT(RunServer({"check", "--config", path}).output,
              HasSubstr("cannot read the master key file"));
  std::ofstream(key) << std::string(64, 'a');
  std::filesystem::permissions(key, std::filesystem::perms::owner_read);
  EXPECT_EQ(RunServer({"check", "--config", path}).status, 0);
  std::ofstream(path, std::ios::app) << "webhook_prot = 1\n";
  const ProcessEnd end = RunServer({"check", "--config", path});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.output, HasSubstr(":3: there is no setting 'webhook_prot'"));
  std::filesystem::remove(path);
  std::filesystem::remove(key);
}

TEST(ServerTest, HealthReadinessAndMetrics) {
  Gateway gateway;
  auto health = grpc::health::v1::Health::NewStub(gateway.grpc_channel());
  grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(health->Check(Context().get(), {}, &response).ok());
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    const http::HttpResult result = gateway.Http(
        {.method = "GET",
         .url = absl::StrCat("http://", gateway.server().admin(), path)});
    EXPECT_EQ(result.status_code, 200) << path;
  }
}

template <typename Service, typename Request, typename Response>
std::vector<std::string> ListServices(Gateway& gateway) {
  auto stub = Service::NewStub(gateway.grpc_channel());
  auto context = Context();
  auto stream = stub->ServerReflectionInfo(context.get());
  Request request;
  request.set_list_services("");
  Response response;
  EXPECT_TRUE(stream->Write(request));
  EXPECT_TRUE(stream->Read(&response));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  return names;
}

TEST(ServerTest, ReflectionInBothVersions) {
  Gateway gateway;
  EXPECT_THAT(
      (ListServices<grpc::reflection::v1::ServerReflection,
                    grpc::reflection::v1::ServerReflectionRequest,
                    grpc::reflection::v1::ServerReflectionResponse>(gateway)),
      ::testing::Contains("linktor.instagram.v1.EventService"));
  EXPECT_THAT(
      (ListServices<grpc::reflection::v1alpha::ServerReflection,
                    grpc::reflection::v1alpha::ServerReflectionRequest,
                    grpc::reflection::v1alpha::ServerReflectionResponse>(
          gateway)),
      ::testing::Contains("linktor.instagram.v1.EventService"));
}

// grpcurl describe shows them.
TEST(ServerTest, ReflectionCarriesTheCommentsOfTheContract) {
  Gateway gateway;
  auto stub =
      grpc::reflection::v1::ServerReflection::NewStub(gateway.grpc_channel());
  auto context = Context();
  auto stream = stub->ServerReflectionInfo(context.get());
  grpc::reflection::v1::ServerReflectionRequest request;
  request.set_file_containing_symbol("linktor.instagram.v1.EventService");
  grpc::reflection::v1::ServerReflectionResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  const auto& files = response.file_descriptor_response();
  ASSERT_GT(files.file_descriptor_proto_size(), 1);
  int ours = 0;
  for (const std::string& bytes : files.file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(bytes));
    if (file.package() != "linktor.instagram.v1") continue;
    ++ours;
    EXPECT_TRUE(std::any_of(
        file.source_code_info().location().begin(),
        file.source_code_info().location().end(),
        [](const auto& one) { return !one.leading_comments().empty(); }))
        << file.name();
    // Without them clients print fields as they are written in the proto.
    for (const auto& message : file.message_type()) {
      for (const auto& field : message.field()) {
        EXPECT_TRUE(field.has_json_name()) << field.name();
      }
    }
  }
  EXPECT_GT(ours, 3);
}

TEST(ServerTest, SaysWhatItIs) {
  Gateway gateway({"--event-retention", "96h", "--sends-per-user-hour", "7"});
  v1::GetServerInfoResponse response;
  const grpc::Status status =
      v1::ServerService::NewStub(gateway.grpc_channel())
          ->GetServerInfo(Context().get(), v1::GetServerInfoRequest(),
                          &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const v1::ServerInfo& info = response.server_info();
  EXPECT_THAT(info.version(), ::testing::MatchesRegex("[0-9]+[.][0-9]+.*"));
  EXPECT_THAT(info.event_types(), ::testing::Contains("message.received"));
  EXPECT_FALSE(info.api_keys_required());
  EXPECT_EQ(info.limits().event_retention().seconds(), 96 * 3600);
  EXPECT_EQ(info.limits().message_retention().seconds(), 365 * 24 * 3600);
  EXPECT_EQ(info.limits().sends_per_user_hour(), 7);
  EXPECT_EQ(info.limits().max_streams(), 20'000);
}

// A message with bytes for its first text, perhaps an inner one's, that are not
// UTF-8; empty when it has no text.
std::string NotUtf8(const google::protobuf::Descriptor& type) {
  using Field = google::protobuf::FieldDescriptor;
  for (int i = 0; i < type.field_count(); ++i) {
    const Field* field = type.field(i);
    std::string value;
    if (field->type() == Field::TYPE_STRING) value = "\xff";
    if (field->type() == Field::TYPE_MESSAGE) {
      value = NotUtf8(*field->message_type());
    }
    if (value.empty()) continue;
    return std::string{static_cast<char>(field->number() << 3 | 2),
                       static_cast<char>(value.size())} +
           value;
  }
  return "";
}

// Whatever the client's language lets through, gRPC's own answer would be
// UNIMPLEMENTED without a word.
TEST(ServerTest, BytesThatAreNoRequestAreRefusedByEveryMethod) {
  Gateway gateway;
  grpc::GenericStub stub(gateway.grpc_channel());
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  int methods = 0;
  for (const char* name : {"ChannelService", "MessagingService"}) {
    const auto* service =
        pool->FindServiceByName(absl::StrCat("linktor.instagram.v1.", name));
    ASSERT_NE(service, nullptr);
    for (int i = 0; i < service->method_count(); ++i, ++methods) {
      const auto* method = service->method(i);
      // One that ends too early, and one with bytes where a text should be.
      for (const std::string& bytes :
           {std::string("\x0a\x05shop"), NotUtf8(*method->input_type())}) {
        const grpc::Slice slice(bytes);
        const grpc::ByteBuffer request(&slice, 1);
        grpc::ByteBuffer response;
        const auto context = Context();
        std::promise<grpc::Status> ended;
        stub.UnaryCall(
            context.get(),
            absl::StrCat("/", service->full_name(), "/", method->name()), {},
            &request, &response,
            [&](grpc::Status status) { ended.set_value(std::move(status)); });
        const grpc::Status status = ended.get_future().get();
        SCOPED_TRACE(method->full_name());
        EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
        EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_REQUEST");
        EXPECT_THAT(status.error_message(),
                    ::testing::HasSubstr(
                        absl::StrCat("no ", method->input_type()->name())));
      }
    }
  }
  EXPECT_EQ(methods, 19);
}

TEST(ServerTest, StopsCleanlyWithStreamsOpen) {
  Gateway gateway;
  gateway.CreateChannel();
  const auto events = gateway.Subscribe({});
  ASSERT_TRUE(events->WaitForResponses(1));
  auto health = grpc::health::v1::Health::NewStub(gateway.grpc_channel());
  auto health_context = Context();
  auto watch = health->Watch(health_context.get(), {});
  grpc::health::v1::HealthCheckResponse state;
  ASSERT_TRUE(watch->Read(&state));
  auto reflection =
      grpc::reflection::v1::ServerReflection::NewStub(gateway.grpc_channel());
  auto reflection_context = Context();
  auto open = reflection->ServerReflectionInfo(reflection_context.get());
  const ProcessEnd end = gateway.server().Terminate();
  EXPECT_EQ(end.status, 0) << end.output;
  EXPECT_TRUE(events->WaitForEnd());
  while (watch->Read(&state)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(open->Finish().ok());
}

// What people write and what Meta gave us is sealed.
TEST(ServerTest, NothingReadableOnDisk) {
  Gateway gateway;
  gateway.CreateChannel();
  ASSERT_EQ(gateway.Post(Gateway::TextBody("m1", "CANARY-received-text")), 200);
  ASSERT_EQ(gateway.Post("{\"CANARY-not-an-envelope\":1}"), 200);
  grpc::Status status;
  (void)gateway.Send("CANARY-sent-text", "r1", status);
  ASSERT_TRUE(status.ok());
  gateway.server().Kill();  // with the WAL as it is
  int files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(
           gateway.folder() + "/data")) {
    if (!file.is_regular_file()) continue;
    ++files;
    std::ifstream stream(file.path(), std::ios::binary);
    std::stringstream content;
    content << stream.rdbuf();
    const std::string text = content.str();
    for (const char* secret : {"CANARY", kAppSecret, kVerifyToken, kToken}) {
      EXPECT_EQ(text.find(secret), std::string::npos)
          << secret << " in " << file.path();
    }
  }
  EXPECT_GE(files, 2);
  EXPECT_EQ(gateway.server().output().find("CANARY"), std::string::npos);
}

}  // namespace
}  // namespace linktor::testing
