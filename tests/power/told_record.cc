#include "tests/power/told_record.h"

#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace linktor {
namespace {

struct Describer {
  std::string operator()(const state::Done&) const { return "done"; }
  std::string operator()(const state::DeliveryAnswer& answer) const {
    return absl::StrCat(answer.events, " events, ", answer.duplicates,
                        " duplicates, ", answer.ignored, " ignored, ",
                        answer.issues, " issues, quarantined ",
                        answer.quarantined);
  }
  std::string operator()(const state::ClaimAnswer& answer) const {
    return absl::StrCat("claim ", static_cast<int>(answer.kind), " of ",
                        absl::BytesToHexString(answer.message.id), " attempt ",
                        answer.message.attempt, " at ", answer.time_ms);
  }
  std::string operator()(const state::SendAnswer& answer) const {
    return absl::StrCat("send ", answer.applied ? "applied" : "refused", " of ",
                        absl::BytesToHexString(answer.message.id), " state ",
                        static_cast<int>(answer.message.state));
  }
  std::string operator()(const state::ChannelAnswer& answer) const {
    return absl::StrCat("channel ", static_cast<int>(answer.kind), " ",
                        answer.row.id, " revision ", answer.row.revision);
  }
  std::string operator()(const state::ApiKeyAnswer& answer) const {
    return absl::StrCat("key ", static_cast<int>(answer.kind), " ",
                        answer.row.id, " revision ", answer.row.revision);
  }
  std::string operator()(const state::ConversationAnswer& answer) const {
    return absl::StrCat("conversation ", answer.live ? "live" : "gone", " ",
                        answer.row.opt_out_ms.value_or(0), " ",
                        answer.row.last_inbound_ms.value_or(0));
  }
  std::string operator()(const state::TrimAnswer& answer) const {
    return absl::StrCat("trim of ", answer.deleted,
                        answer.more ? " and more" : "", ", expiry time ",
                        answer.expiry_ms);
  }
  std::string operator()(const state::EraseAnswer& answer) const {
    return absl::StrCat("erasure of ", answer.found ? "somebody" : "nobody",
                        answer.in_flight ? " in flight" : "",
                        answer.more ? " and more" : "",
                        answer.waiting ? ", waiting" : "");
  }
  std::string operator()(const state::ReleaseAnswer& answer) const {
    return absl::StrCat("release of ", answer.events,
                        answer.more ? " and more" : "");
  }
  std::string operator()(const state::RedriveAnswer& answer) const {
    std::string described = "redrive";
    for (const state::RedriveEnd end : answer.ends) {
      absl::StrAppend(&described, " ", static_cast<int>(end));
    }
    return described;
  }
};

}  // namespace

std::string Describe(const state::Answer& answer) {
  return std::visit(Describer{}, answer);
}

}  // namespace linktor
