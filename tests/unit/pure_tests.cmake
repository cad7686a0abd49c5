# The unit tests of the folders that need no server: values in, values out, and
# HTTP over loopback.

linktor_library(test_support
  SOURCES
    support/channel_rows.h
    support/environment.h
    support/golden.cc support/golden.h
    support/hostile_bodies.cc support/hostile_bodies.h
    support/http_reader.cc support/http_reader.h
    support/ipv6.h
    support/item_type.h
    support/log_capture.h
    support/padded_body.h
    support/parse_all.h
    support/proto_matchers.h
    support/sanitized.h
    support/seed.h
    support/status_matchers.h
    support/temp_folder.h
    support/openssl_handles.h
    support/test_certificates.cc support/test_certificates.h
    support/test_socket.cc support/test_socket.h
    support/test_tls_socket.cc support/test_tls_socket.h
    support/whole_conversations.h
    fakes/fake_clock.h
    fakes/fake_graph_observer.h
    fakes/fake_transport.h
    fakes/fake_webhook_observer.h
    fakes/rival_journal.h
  PUBLIC linktor::base linktor::channels linktor::http linktor::journal
  linktor::kinds linktor::webhook GTest::gmock
  GTest::gtest spdlog::spdlog
  PRIVATE OpenSSL::Crypto OpenSSL::SSL)

linktor_test(pure_tests
  SOURCES
    unit/base/cause_log_test.cc
    unit/base/connection_limits_test.cc
    unit/base/crypto_test.cc
    unit/base/executor_test.cc
    unit/base/ids_test.cc
    unit/base/redaction_test.cc
    unit/base/paging_test.cc
    unit/base/reason_codes_test.cc
    unit/base/recent_map_test.cc
    unit/base/status_test.cc
    unit/base/strings_test.cc
    unit/events/cursor_test.cc
    unit/events/encoded_event_test.cc
    unit/events/filter_test.cc
    unit/events/hub_test.cc
    unit/events/list_token_test.cc
    unit/events/live_ring_test.cc
    unit/graph/client_test.cc
    unit/graph/error_map_test.cc
    unit/graph/request_test.cc
    unit/kinds/content/limits_test.cc
    unit/kinds/attachment_reader_test.cc
    unit/kinds/changes_test.cc
    unit/kinds/content/table_test.cc
    unit/kinds/item_reader_test.cc
    unit/kinds/json_fields_test.cc
    unit/kinds/table_test.cc
    unit/policy/content_match_test.cc
    unit/policy/content_test.cc
    unit/policy/window_test.cc
    unit/webhook/bodies.h
    unit/webhook/endpoint_test.cc
    unit/webhook/event_time_test.cc
    unit/webhook/hostile_body_test.cc
    unit/webhook/ingest_test.cc
    unit/webhook/parser_golden_test.cc
    unit/webhook/parser_random_test.cc
    unit/webhook/parser_test.cc
    unit/webhook/render.cc unit/webhook/render.h
    unit/webhook/signature_test.cc
    unit/webhook/webhook_fixture.cc unit/webhook/webhook_fixture.h
  LINKS
    linktor::test_support linktor::content_kinds linktor::events linktor::graph
    linktor::kinds linktor::policy linktor::webhook linktor::http linktor::base
    Boost::json simdjson::simdjson)

# HTTP over loopback, where the threads of a listener meet.
linktor_test(http_tests
  SOURCES
    unit/http/budget_test.cc
    unit/http/client_test.cc
    unit/http/connection_count_test.cc
    unit/http/listener_fixture.cc unit/http/listener_fixture.h
    unit/http/listener_limit_test.cc
    unit/http/listener_memory_test.cc
    unit/http/listener_stop_test.cc
    unit/http/listener_test.cc
    unit/http/message_test.cc
    unit/http/peer_address_test.cc
    unit/http/proxy_protocol_test.cc
    unit/http/request_body_test.cc
    unit/http/tls_context_test.cc
    unit/http/tls_listener_test.cc
  LINKS linktor::test_support linktor::http linktor::base)

linktor_test(crypto_guard_test
  SOURCES unit/base/crypto_guard_test.cc
  LINKS linktor::crypto linktor::boringssl_crypto ${CMAKE_DL_LIBS})

# It replaces operator new for the whole program.
linktor_test(exhaustion_tests
  TIMEOUT 120
  SOURCES
    unit/http/exhaustion_test.cc
    unit/http/failing_memory.cc unit/http/failing_memory.h
    unit/http/listener_fixture.cc unit/http/listener_fixture.h
  LINKS linktor::test_support linktor::http linktor::base)
