#include "server/app/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/access/methods.h"
#include "server/base/status.h"

namespace linktor::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::milliseconds kLatency{3};

// Counts the lines that are no comments.
std::ptrdiff_t SeriesIn(const std::string& text) {
  std::ptrdiff_t series = 0;
  bool begins = true;
  for (const char c : text) {
    if (begins && c != '#' && c != '\n') ++series;
    begins = c == '\n';
  }
  return series;
}

access::Method Unary() {
  return {.name = "SendMessage", .service = "linktor.instagram.v1.Messaging"};
}

TEST(MetricsTest, CallsAreNamedAsGrpcPrometheusNamesThem) {
  Metrics metrics;
  metrics.OnBegin(Unary());
  metrics.OnEnd(Unary(), absl::StatusCode::kInvalidArgument, "INVALID_CONTENT",
                kLatency);
  const std::string text = metrics.Render({});
  const std::string method =
      "grpc_method=\"SendMessage\",grpc_service=\"linktor.instagram.v1."
      "Messaging\",grpc_type=\"unary\"";
  EXPECT_THAT(text, HasSubstr(absl::StrCat("grpc_server_started_total{", method,
                                           "} 1\n")));
  EXPECT_THAT(text,
              HasSubstr(absl::StrCat("grpc_server_handled_total{grpc_code="
                                     "\"InvalidArgument\",",
                                     method, "} 1\n")));
  EXPECT_THAT(text,
              HasSubstr(absl::StrCat("grpc_server_handling_seconds_count{",
                                     method, "} 1\n")));
  EXPECT_THAT(text,
              HasSubstr("linktor_call_errors_total{method=\"SendMessage\","
                        "reason=\"INVALID_CONTENT\"} 1\n"));
}

// A stream lasts as long as its client likes, which is no latency.
TEST(MetricsTest, StreamsHaveNoLatency) {
  Metrics metrics;
  access::Method stream = Unary();
  stream.streams = true;
  metrics.OnBegin(stream);
  metrics.OnEnd(stream, absl::StatusCode::kOk, "", kLatency);
  EXPECT_THAT(metrics.Render({}),
              Not(HasSubstr("grpc_server_handling_seconds_count")));
}

TEST(MetricsTest, CallsToMetaAreCountedByWhatMetaAnswered) {
  Metrics metrics;
  metrics.OnGraphCall(graph::kGraphSend, "ch_1", absl::OkStatus(), kLatency);
  metrics.OnGraphCall(
      graph::kGraphSend, "ch_1",
      MakeError(absl::StatusCode::kFailedPrecondition, "no",
                {.reason = v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED,
                 .metadata = {{"http_status", "401"}, {"graph_code", "190"}}}),
      kLatency);
  metrics.OnGraphCall(graph::kGraphSend, "ch_1",
                      MakeError(absl::StatusCode::kUnavailable, "no",
                                {.reason = v1::ERROR_REASON_GRAPH_UNAVAILABLE,
                                 .metadata = {{"http_status", "503"}}}),
                      kLatency);
  metrics.OnGraphCall(graph::kGraphSend, "ch_1",
                      MakeError(absl::StatusCode::kUnknown,
                                v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN, "no"),
                      kLatency);
  const std::string text = metrics.Render({});
  for (const char* result : {"ok", "190", "http_503", "no_answer"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("linktor_graph_calls_total{"
                                             "operation=\"send\",result=\"",
                                             result, "\"} 1\n")));
  }
}

// Kinds of items come from outside.
TEST(MetricsTest, NamesFromOutsideAreBounded) {
  Metrics metrics;
  for (std::size_t i = 0; i < 10 * Metrics::kMaxNames; ++i) {
    metrics.OnUnknownItem(absl::StrCat("kind_", i));
  }
  metrics.OnUnknownItem("kind_0");
  const std::string text = metrics.Render({});
  EXPECT_THAT(text, HasSubstr("unknown_items_total{kind=\"kind_0\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr(absl::StrCat("unknown_items_total{kind=\"other\"} ",
                                     9 * Metrics::kMaxNames, "\n")));
}

// Everything has happened that can, on a thousand channels.
TEST(MetricsTest, AThousandChannelsAreAtMostFourThousandSeries) {
  Metrics metrics;
  for (const auto* name :
       {"CreateChannel",    "GetChannel",         "ListChannels",
        "UpdateChannel",    "DeleteChannel",      "SetChannelCredentials",
        "SetIceBreakers",   "GetIceBreakers",     "DeleteIceBreakers",
        "SendMessage",      "GetMessage",         "ResolveMessage",
        "GetConversation",  "UpdateConversation", "CreateApiKey",
        "GetApiKey",        "ListApiKeys",        "UpdateApiKey",
        "DeleteApiKey",     "SubscribeEvents",    "ListEvents",
        "ListMessages",     "ListConversations",  "ListDeliveries",
        "GetUserProfile",   "RefreshMedia",       "EraseUser",
        "RedriveDeliveries"}) {
    access::Method method = Unary();
    method.name = name;
    metrics.OnBegin(method);
    for (int code = 0; code <= 16; ++code) {
      metrics.OnEnd(method, static_cast<absl::StatusCode>(code),
                    code == 0 ? "" : absl::StrCat("REASON_", code), kLatency);
    }
  }
  for (const webhook::WebhookAnswer& answer : webhook::WebhookAnswers()) {
    metrics.OnAnswer(answer.verdict, kLatency);
  }
  for (const http::HttpRefusal& refusal : http::HttpRefusals()) {
    metrics.OnHttpRefusal("webhook", refusal);
    metrics.OnHttpRefusal("admin", refusal);
  }
  for (int i = 0; i < 1000; ++i) {
    metrics.OnUnknownItem(absl::StrCat("kind_", i));
    for (const std::string_view operation :
         {graph::kGraphSend, graph::kGraphUserProfile,
          graph::kGraphMessageMedia, graph::kGraphSetIceBreakers}) {
      metrics.OnGraphCall(
          operation, "ch_1",
          MakeError(absl::StatusCode::kInternal, "no",
                    {.reason = v1::ERROR_REASON_GRAPH_ERROR,
                     .metadata = {{"graph_code", absl::StrCat(i)}}}),
          kLatency);
    }
  }
  MetricsMoment moment;
  for (int i = 0; i < 1000; ++i) {
    moment.channels.push_back({.id = absl::StrCat("ch_", i),
                               .last_webhook = absl::FromUnixSeconds(i + 1)});
  }
  moment.tokens = {{"missing", 1}, {"unknown", 2}, {"good", 3}, {"refused", 4}};
  moment.certificates = {{.listener = "grpc"}, {.listener = "webhook"}};
  const std::ptrdiff_t series = SeriesIn(metrics.Render(moment));
  std::cout << series << " series\n";
  EXPECT_LE(series, 4000);
  EXPECT_GE(series, 1000);
}

TEST(MetricsTest, SeriesOfADeletedChannelGo) {
  Metrics metrics;
  MetricsMoment moment;
  moment.channels = {{.id = "ch_1", .last_webhook = absl::FromUnixSeconds(1)},
                     {.id = "ch_2", .last_webhook = absl::InfinitePast()}};
  std::string text = metrics.Render(moment);
  EXPECT_THAT(text, HasSubstr("{channel=\"ch_1\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("ch_2")));
  moment.channels.clear();
  text = metrics.Render(moment);
  EXPECT_THAT(text, Not(HasSubstr("ch_1")));
}

TEST(MetricsTest, ProcessAndBuild) {
  Metrics metrics;
  const std::string text = metrics.Render({});
  for (const char* name :
       {"linktor_build_info{version=\"", "\nprocess_cpu_seconds_total ",
        "\nprocess_start_time_seconds 1", "\nprocess_open_fds ",
        "\nprocess_max_fds ", "\nprocess_resident_memory_bytes ",
        "\nprocess_virtual_memory_bytes "}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

}  // namespace
}  // namespace linktor::app
