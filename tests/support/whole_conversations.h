// Conversations as the state has them: the table, and what events have made
// since and is not moved to it yet (server/state/last_activity.h).

#pragma once

namespace linktor {

// It is to be written behind FROM.
inline constexpr char kWholeConversations[] =
    "(WITH recent AS ("
    "SELECT channel_no, user_id, max(seq), "
    "iif(event_ms > 0 AND event_ms < receive_ms, event_ms, receive_ms) AS ms "
    "FROM events, log_state WHERE advances AND seq > activity_through "
    "GROUP BY channel_no, user_id) "
    "SELECT channel_no, user_id, "
    "coalesce(ms, last_inbound_ms) AS last_inbound_ms, "
    "opt_out_ms, sealed_username FROM ("
    "SELECT channel_no, user_id FROM conversations UNION "
    "SELECT channel_no, user_id FROM recent) "
    "LEFT JOIN recent USING (channel_no, user_id) "
    "LEFT JOIN conversations USING (channel_no, user_id))";

}  // namespace linktor
