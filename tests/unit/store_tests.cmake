linktor_test(store_tests
  SOURCES
    unit/events/event_log_test.cc
    unit/store/channel_table_test.cc
    unit/store/clock_jump_test.cc
    unit/store/conversation_test.cc
    unit/store/disk_fault_test.cc
    unit/store/event_reader_test.cc
    unit/store/faulty_vfs.cc unit/store/faulty_vfs.h
    unit/store/mid_index_test.cc
    unit/store/poison_test.cc
    unit/store/projection_claim_test.cc
    unit/store/projection_echo_test.cc
    unit/store/projection_webhook_test.cc
    unit/store/quota_test.cc
    unit/store/record_makers.cc unit/store/record_makers.h
    unit/store/schema_test.cc
    unit/store/sealer_test.cc
    unit/store/sqlite_journal_test.cc
    unit/store/sqlite_test.cc
    unit/store/store_rig.cc unit/store/store_rig.h
    unit/store/store_test.cc
    unit/store/trim_test.cc
    unit/store/upgrade_test.cc
    unit/store/wal_gather_test.cc
  LINKS linktor::events linktor::store linktor::test_support SQLite::SQLite3)
# Its time is spent in its own oracle, so it is compiled with optimisation: its
# precompiled header is none for tests.
linktor_test(store_model_tests
  PCH contract
  SOURCES
    model/comparisons.cc
    model/oracle.cc model/oracle.h
    model/oracle_sends.cc
    model/random_steps.cc
    model/store_model.h
    model/store_model_test.cc
    unit/store/record_makers.cc unit/store/record_makers.h
    unit/store/store_rig.cc unit/store/store_rig.h
  LINKS linktor::store linktor::test_support
  TIMEOUT 180)
