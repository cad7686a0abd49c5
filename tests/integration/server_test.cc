// Starting, stopping, administration, and what lies on the disk.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
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
  EXPECT_THAT(end.output,
              AllOf(HasSubstr("data-dir"), HasSubstr("master-key-file"),
                    HasSubstr("grpc-listen: '0.0.0.0'"),
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
    const HttpResult result = gateway.Http(
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
