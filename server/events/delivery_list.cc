#include "server/events/delivery_list.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/ids.h"
#include "server/base/paging.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor::events {
namespace {

using google::protobuf::util::TimeUtil;

// So many rows are read at once.
constexpr int kDeliveriesAtOnce = 1000;

v1::Delivery Describe(const state::DeliveryRow& row) {
  v1::Delivery delivery;
  delivery.set_id(FormatId(kDeliveryPrefix, row.id));
  delivery.set_channel_id(row.channel_id);
  *delivery.mutable_receive_time() =
      TimeUtil::MillisecondsToTimestamp(row.receive_ms);
  delivery.set_size_bytes(row.bytes);
  delivery.set_event_count(row.events);
  delivery.set_duplicate_count(row.duplicates);
  delivery.set_ignored_count(row.ignored);
  delivery.set_issue_count(row.issues);
  delivery.set_issue(row.issue);
  delivery.set_quarantined(row.quarantined);
  delivery.set_redriven_count(row.redriven);
  return delivery;
}

}  // namespace

absl::StatusOr<v1::ListDeliveriesResponse> DeliveryList::List(
    const v1::ListDeliveriesRequest& request, const StringSet& covered) {
  const StringSet named(request.channel_ids().begin(),
                        request.channel_ids().end());
  const StringSet& channels = named.empty() ? covered : named;
  const auto wants = [&](const state::DeliveryRow& row) {
    return (channels.empty() || channels.contains(row.channel_id)) &&
           (!request.issues_only() || row.issues > 0 || row.quarantined);
  };
  // The token holds the number of the last delivery that was looked at.
  std::int64_t before_no = std::numeric_limits<std::int64_t>::max();
  const std::string last =
      ReadPageToken(PagedList::kDeliveries, request.page_token()).value_or("");
  if (!last.empty() && !absl::SimpleAtoi(last, &before_no)) {
    return InvalidFields(
        v1::ERROR_REASON_INVALID_REQUEST,
        {{"page_token", "is no next_page_token of this method"}});
  }

  const int page_size = PageSizeOf(request.page_size());
  v1::ListDeliveriesResponse page;
  for (int looked_at = 0;;) {
    LINKTOR_ASSIGN(const std::vector<state::DeliveryRow> rows,
                   state_.Deliveries(before_no, kDeliveriesAtOnce));
    if (rows.empty()) return page;
    for (const state::DeliveryRow& row : rows) {
      if (page.deliveries_size() == page_size || looked_at == kMaxLookedAt) {
        page.set_next_page_token(
            MakePageToken(PagedList::kDeliveries, std::to_string(before_no)));
        return page;
      }
      ++looked_at;
      before_no = row.no;
      if (wants(row)) *page.add_deliveries() = Describe(row);
    }
  }
}

}  // namespace linktor::events
