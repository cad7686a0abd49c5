linktor_test(state_tests
  SOURCES
    unit/events/event_list_test.cc
    unit/events/event_log_test.cc
    unit/journal/data_folder_test.cc
    unit/journal/disk_fault_test.cc
    unit/journal/embedded_journal_test.cc
    unit/journal/feed_test.cc
    unit/journal/journal_test.cc
    unit/journal/trim_meter_test.cc
    unit/journal/wal_test.cc
    unit/seal/master_key_test.cc
    unit/seal/sealer_test.cc
    unit/sqlite/database_test.cc
    unit/sqlite/page_cache_test.cc
    unit/sqlite/page_cleaner_test.cc
    unit/sqlite/read_pool_test.cc
    unit/state/applier_test.cc
    unit/state/apply_claim_test.cc
    unit/state/apply_echo_test.cc
    unit/state/apply_expiry_test.cc
    unit/state/apply_forget_test.cc
    unit/state/apply_held_echo_test.cc
    unit/state/apply_redrive_test.cc
    unit/state/apply_unsend_test.cc
    unit/state/waiting_item_test.cc
    unit/state/apply_webhook_test.cc
    unit/state/channel_table_test.cc
    unit/state/clock_jump_test.cc
    unit/state/conversation_test.cc
    unit/state/event_encoding_test.cc
    unit/state/event_reader_test.cc
    unit/state/event_table_test.cc
    unit/state/expiry_life_test.cc
    unit/state/expiry_test.cc
    unit/state/faulty_vfs.cc unit/state/faulty_vfs.h
    unit/state/held_echo_table_test.cc
    unit/state/conversation_heads_test.cc
    unit/state/message_table_test.cc
    unit/state/mid_filter_test.cc
    unit/state/mid_index_filter_test.cc
    unit/state/mid_index_fixture.h
    unit/state/mid_index_test.cc
    unit/state/open_sends_test.cc
    unit/state/poison_test.cc
    unit/state/quota_test.cc
    unit/state/record_makers.cc unit/state/record_makers.h
    unit/state/schema_test.cc
    unit/state/store_rig.cc unit/state/store_rig.h
    unit/state/trim_test.cc
  LINKS linktor::events linktor::journal linktor::test_support SQLite::SQLite3
  TIMEOUT 180)
# Its time is spent in its own oracle, so it is compiled with optimisation: its
# precompiled header is none for tests.
linktor_test(store_model_tests
  PCH contract
  SOURCES
    model/comparisons.cc
    model/mirror.h
    model/oracle.cc model/oracle.h
    model/oracle_channels.cc
    model/oracle_sends.cc
    model/oracle_trim.cc
    model/random_sends.cc
    model/random_steps.cc
    model/store_model.h
    model/store_model_test.cc
    unit/state/record_makers.cc unit/state/record_makers.h
    unit/state/store_rig.cc unit/state/store_rig.h
  LINKS linktor::journal linktor::test_support
  TIMEOUT 180)

# The conformance suite of the engines, and equal states on one log.
linktor_test(journal_tests
  SOURCES
    fakes/memory_journal.cc fakes/memory_journal.h
    unit/journal/conformance.cc unit/journal/conformance.h
    unit/journal/conformance_duplicate_test.cc
    unit/journal/conformance_fault_test.cc
    unit/journal/conformance_log_test.cc
    unit/journal/conformance_send_test.cc
    unit/journal/conformance_table_test.cc
    unit/journal/engines.cc unit/journal/engines.h
    unit/journal/equal_states_test.cc
    unit/journal/random_records.cc unit/journal/random_records.h
    unit/journal/shared_log_test.cc
    unit/journal/state_dump.cc unit/journal/state_dump.h
    unit/state/record_makers.cc unit/state/record_makers.h
    unit/state/store_rig.cc unit/state/store_rig.h
  LINKS linktor::journal linktor::test_support
  TIMEOUT 180)
# Backups, restores, and what a data folder must hold to be started.
linktor_test(backup_tests
  SOURCES
    support/file_forward.h
    unit/journal/backup_rig.h
    unit/journal/backup_test.cc
    unit/journal/commit_kill_test.cc
    unit/journal/erase_people_test.cc
    unit/journal/erasure_rig.cc unit/journal/erasure_rig.h
    unit/journal/erasure_test.cc
    unit/journal/erasure_worker_test.cc
    unit/journal/folder_check_test.cc
    unit/journal/kill_rounds.cc unit/journal/kill_rounds.h
    unit/journal/kill_test.cc
    unit/journal/killing_vfs.cc unit/journal/killing_vfs.h
    unit/journal/marker_test.cc
    unit/journal/restore_test.cc
    unit/sqlite/database_copy_test.cc
    unit/state/record_makers.cc unit/state/record_makers.h
    unit/state/store_rig.cc unit/state/store_rig.h
  LINKS linktor::events linktor::journal linktor::test_support SQLite::SQLite3
  TIMEOUT 300)
# A journal on a disk that loses power, again and again.
linktor_test(power_tests
  PCH contract
  SOURCES
    power/power_loss_test.cc
    power/power_loss_vfs_test.cc
    power/power_run.cc power/power_run.h
    power/record_stream.cc power/record_stream.h
    power/told_record.cc power/told_record.h
    power/twin.cc power/twin.h
    support/file_forward.h
    support/power_loss_disk.cc support/power_loss_disk.h
    support/power_loss_vfs.cc support/power_loss_vfs.h
    unit/journal/state_dump.cc unit/journal/state_dump.h
    unit/journal/sync_fault_test.cc
    unit/state/record_makers.cc unit/state/record_makers.h
    unit/state/store_rig.cc unit/state/store_rig.h
  LINKS linktor::journal linktor::test_support SQLite::SQLite3
  TIMEOUT 180)
