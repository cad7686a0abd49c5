# What reads bytes from outside, against properties: the seeds in every build,
# mutations of them in the one of the preset "asan" (see tools/check/fuzz.sh).
# driver.cc is only linked into the latter, but compiled by all. So it must be an
# object of its own.
#
# That preset names the checks of -fsanitize=undefined one by one to leave out
# "function", with which clang 14 cannot compile coroutines (LLVM issue 49689).

linktor_library(fuzz_properties
  ALONE PCH service
  SOURCES
    fuzz/config_property.cc
    fuzz/cursor_property.cc
    fuzz/driver.cc
    fuzz/envelope_oracle.cc fuzz/envelope_oracle.h
    fuzz/graph_oracle.cc fuzz/graph_oracle.h
    fuzz/graph_property.cc
    fuzz/json_slices.cc fuzz/json_slices.h
    fuzz/properties.cc fuzz/properties.h
    fuzz/proto_checks.cc fuzz/proto_checks.h
    fuzz/signature_property.cc
    fuzz/webhook_property.cc
    fuzz/webhook_rig.cc fuzz/webhook_rig.h
  PUBLIC
    linktor::test_support linktor::app linktor::webhook linktor::channels
    linktor::events linktor::journal linktor::graph linktor::http linktor::base
    linktor::protos Boost::json simdjson::simdjson protobuf::libprotobuf)

linktor_test(fuzz_corpus_tests
  PCH service_test
  SOURCES fuzz/corpus_test.cc
  LINKS linktor::fuzz_properties linktor::test_support)

if(LINKTOR_SANITIZE MATCHES "fuzzer")
  linktor_executable(linktor-fuzz
    SOURCES fuzz/driver.cc
    LINKS linktor::fuzz_properties
    PCH none)
  # The library with main(); everything else has only the coverage.
  target_link_options(linktor-fuzz PRIVATE -fsanitize=fuzzer)
endif()
