// This is a SQL query for all conversations as the state knows them. The newest
// events are not written to the table of conversations at once (see
// server/state/conversation_heads.h). The query combines the table with these
// events. It skips events of erased people that are still in the log, because
// such events belong to no conversation.

#pragma once

namespace linktor {

// Write it after FROM. The last activity comes only from events that advance
// it.
inline constexpr char kWholeConversations[] =
    "(WITH fresh AS (SELECT * FROM events, log_state "
    "WHERE user_id <> '' AND seq > heads_through AND NOT EXISTS ("
    "SELECT 1 FROM forgettings f WHERE f.channel_no = events.channel_no AND "
    "(f.user_id = '' OR (f.user_id = events.user_id AND "
    "seq <= f.through_seq)))), "
    "heads AS (SELECT channel_no, user_id, max(seq) AS seq FROM fresh "
    "GROUP BY channel_no, user_id), "
    "messages AS (SELECT channel_no, user_id, max(seq) AS message_seq FROM "
    "fresh "
    "WHERE iif(mid_kind IN (1, 2, 3), mid_key IS NOT NULL, type IN "
    "('message.sent', 'message.failed', 'message.unconfirmed')) "
    "GROUP BY channel_no, user_id), "
    "moves AS (SELECT channel_no, user_id, max(seq), "
    "iif(event_ms > 0 AND event_ms < receive_ms, event_ms, receive_ms) AS ms "
    "FROM fresh WHERE advances GROUP BY channel_no, user_id) "
    "SELECT channel_no, user_id, "
    "coalesce(ms, last_inbound_ms) AS last_inbound_ms, "
    "coalesce(seq, last_seq, 0) AS last_seq, "
    "coalesce(message_seq, last_message_seq, 0) AS last_message_seq, "
    "opt_out_ms, sealed_username, coalesce(owner_seq, 0) AS owner_seq, "
    "coalesce(owner_ms, 0) AS owner_ms FROM ("
    "SELECT channel_no, user_id FROM conversations UNION "
    "SELECT channel_no, user_id FROM heads) "
    "LEFT JOIN heads USING (channel_no, user_id) "
    "LEFT JOIN messages USING (channel_no, user_id) "
    "LEFT JOIN moves USING (channel_no, user_id) "
    "LEFT JOIN conversations USING (channel_no, user_id))";

}  // namespace linktor
