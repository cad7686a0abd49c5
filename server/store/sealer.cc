#include "server/store/sealer.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor {
namespace {

// Persisted: do not change.
constexpr char kVersion = 1;
constexpr std::size_t kHeaderSize = 1 + sizeof(std::int64_t);
constexpr std::size_t kFingerprintSize = 16;
constexpr std::string_view kKeyCheckText =
    "linktor instagram gateway key check";

// Independent keys from the master key, by purpose (HMAC as a KDF).
std::string DeriveKey(const Secret& master, std::string_view purpose) {
  return std::string(AsBytes(HmacKey(master.Reveal()).Sign(purpose)));
}

std::string EncodeId(std::int64_t id) {
  std::string bytes(sizeof(id), '\0');
  std::memcpy(bytes.data(), &id, sizeof(id));
  return bytes;
}

// Ties sealed bytes to their place.
std::string PlaceData(SealedPlace place, std::string_view id) {
  std::string data(1, static_cast<char>(place));
  data.append(id);
  return data;
}

std::string WrapData(const NewKey& key) {
  return absl::StrCat("data key ", key.id, " ", key.scope.channel_no, " ",
                      key.scope.user_id);
}

std::string Truncated(const Digest& digest) {
  return std::string(AsBytes(digest).substr(0, kFingerprintSize));
}

}  // namespace

Sealer::Sealer(const Secret& master_key, ReadPool& keys)
    : keys_(keys),
      wrapping_(DeriveKey(master_key, "wrap data keys")),
      fingerprints_(DeriveKey(master_key, "fingerprint secrets")),
      content_(DeriveKey(master_key, "match content")),
      requests_(DeriveKey(master_key, "fingerprint requests")),
      api_keys_(DeriveKey(master_key, "hash API keys")) {}

absl::StatusOr<std::string> Sealer::Seal(const KeyScope& scope,
                                         SealedPlace place, std::string_view id,
                                         std::string_view plaintext,
                                         std::vector<NewKey>& new_keys) {
  LINKTOR_ASSIGN(const KeyPtr key, KeyFor(scope));
  bool stored = true;
  {
    MutexLock lock(mutex_);
    stored = !unstored_.contains(scope);
  }
  if (!stored &&
      std::none_of(new_keys.begin(), new_keys.end(), [&](const NewKey& other) {
        return other.id == key->description.id;
      })) {
    new_keys.push_back(key->description);
  }
  std::string sealed(1, kVersion);
  sealed.append(EncodeId(key->description.id));
  sealed.reserve(kHeaderSize + AeadKey::kNonceSize + plaintext.size() +
                 AeadKey::kTagSize);
  key->aead.Seal(plaintext, PlaceData(place, id), sealed);
  return sealed;
}

absl::StatusOr<std::string> Sealer::Open(SealedPlace place, std::string_view id,
                                         std::string_view sealed) {
  if (sealed.size() < kHeaderSize || sealed.front() != kVersion) {
    return absl::DataLossError("not sealed by a known version");
  }
  std::int64_t key_id = 0;
  std::memcpy(&key_id, sealed.data() + 1, sizeof(key_id));
  LINKTOR_ASSIGN(const KeyPtr key, KeyById(key_id));
  return key->aead.Open(sealed.substr(kHeaderSize), PlaceData(place, id));
}

void Sealer::MarkStored(const std::vector<NewKey>& keys) {
  if (keys.empty()) return;
  MutexLock lock(mutex_);
  for (const NewKey& key : keys) unstored_.erase(key.scope);
}

std::string Sealer::MakeKeyCheck() const {
  std::string value;
  wrapping_.Seal(kKeyCheckText, "key check", value);
  return value;
}

bool Sealer::IsKeyCheck(std::string_view value) const {
  const auto opened = wrapping_.Open(value, "key check");
  return opened.ok() && *opened == kKeyCheckText;
}

std::string Sealer::Fingerprint(std::string_view secret) const {
  return Truncated(fingerprints_.Sign(secret));
}

std::string Sealer::ContentMatch(const KeyScope& scope,
                                 std::string_view text) const {
  return Truncated(content_.Sign(
      absl::StrCat(scope.channel_no, " ", scope.user_id, " ", ToAbsl(text))));
}

std::string Sealer::RequestFingerprint(std::string_view request) const {
  return Truncated(requests_.Sign(request));
}

Digest Sealer::ApiKeyHash(std::string_view key) const {
  return api_keys_.Sign(key);
}

Sealer::KeyPtr Sealer::FindByScope(const KeyScope& scope) {
  if (const auto it = young_.by_scope.find(scope);
      it != young_.by_scope.end()) {
    return it->second;
  }
  const auto it = old_.by_scope.find(scope);
  if (it == old_.by_scope.end()) return nullptr;
  KeyPtr key = it->second;
  Remember(key);
  return key;
}

Sealer::KeyPtr Sealer::FindById(std::int64_t id) {
  if (const auto it = young_.by_id.find(id); it != young_.by_id.end()) {
    return it->second;
  }
  const auto it = old_.by_id.find(id);
  if (it == old_.by_id.end()) return nullptr;
  KeyPtr key = it->second;
  Remember(key);
  return key;
}

void Sealer::Remember(const KeyPtr& key) {
  if (young_.by_id.size() >= kCacheSize) {
    old_ = std::move(young_);
    young_ = Generation();
    // Keys that exist nowhere else stay findable.
    for (const auto& [scope, unstored] : unstored_) {
      young_.by_scope[scope] = unstored;
      young_.by_id[unstored->description.id] = unstored;
    }
  }
  young_.by_scope[key->description.scope] = key;
  young_.by_id[key->description.id] = key;
}

absl::StatusOr<Sealer::KeyPtr> Sealer::KeyFor(const KeyScope& scope) {
  {
    MutexLock lock(mutex_);
    if (KeyPtr key = FindByScope(scope)) return key;
  }
  std::optional<NewKey> stored;
  LINKTOR_TRY(keys_.Read([&](Database& database) -> absl::Status {
    Statement find(database,
                   "SELECT id, wrapped FROM data_keys "
                   "WHERE channel_no = ?1 AND user_id = ?2");
    find.Bind(1, scope.channel_no).BindText(2, scope.user_id);
    LINKTOR_ASSIGN(const bool row, find.Step());
    if (row) stored = NewKey{find.Int(0), scope, find.String(1)};
    return absl::OkStatus();
  }));
  const bool made = !stored.has_value();
  KeyPtr key;
  if (made) {
    key = MakeKey(scope);
  } else {
    LINKTOR_ASSIGN(key, Unwrap(*std::move(stored)));
  }
  MutexLock lock(mutex_);
  // Another thread may have been faster; there must be one key per scope.
  if (KeyPtr other = FindByScope(scope)) return other;
  if (made) unstored_[scope] = key;
  Remember(key);
  return key;
}

absl::StatusOr<Sealer::KeyPtr> Sealer::KeyById(std::int64_t id) {
  {
    MutexLock lock(mutex_);
    if (KeyPtr key = FindById(id)) return key;
  }
  std::optional<NewKey> stored;
  LINKTOR_TRY(keys_.Read([&](Database& database) -> absl::Status {
    Statement find(
        database,
        "SELECT channel_no, user_id, wrapped FROM data_keys WHERE id = ?1");
    find.Bind(1, id);
    LINKTOR_ASSIGN(const bool row, find.Step());
    if (row) {
      stored = NewKey{id, {find.Int(0), find.String(1)}, find.String(2)};
    }
    return absl::OkStatus();
  }));
  if (!stored.has_value()) {
    return absl::DataLossError("the data key of this content is gone");
  }
  LINKTOR_ASSIGN(KeyPtr key, Unwrap(*std::move(stored)));
  MutexLock lock(mutex_);
  if (KeyPtr other = FindById(id)) return other;
  Remember(key);
  return key;
}

absl::StatusOr<Sealer::KeyPtr> Sealer::Unwrap(NewKey stored) const {
  LINKTOR_ASSIGN(const std::string raw,
                 wrapping_.Open(stored.wrapped, WrapData(stored)));
  const Secret key(raw);
  return std::make_shared<const DataKey>(
      DataKey{std::move(stored), AeadKey(key.Reveal())});
}

Sealer::KeyPtr Sealer::MakeKey(const KeyScope& scope) const {
  const Secret raw(RandomBytes(AeadKey::kKeySize));
  NewKey description;
  FillRandom(&description.id, sizeof(description.id));
  description.scope = scope;
  wrapping_.Seal(raw.Reveal(), WrapData(description), description.wrapped);
  return std::make_shared<const DataKey>(
      DataKey{std::move(description), AeadKey(raw.Reveal())});
}

absl::StatusOr<Secret> ReadMasterKey(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot read the master key file ", path));
  }
  std::stringstream content;
  content << file.rdbuf();
  const std::string hex(absl::StripAsciiWhitespace(content.str()));
  if (hex.size() != 2 * AeadKey::kKeySize ||
      !std::all_of(hex.begin(), hex.end(),
                   [](unsigned char c) { return absl::ascii_isxdigit(c); })) {
    return absl::FailedPreconditionError(
        absl::StrCat("the master key file ", path,
                     " must hold 32 random bytes as 64 hex digits"));
  }
  return Secret(absl::HexStringToBytes(hex));
}

}  // namespace linktor
