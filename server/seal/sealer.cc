#include "server/seal/sealer.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::seal {
namespace {

// These are a part of stored values: do not change.
constexpr char kVersion = 1;
constexpr std::size_t kHeaderSize = 1 + sizeof(std::int64_t);
constexpr std::size_t kFingerprintSize = 16;
constexpr std::string_view kKeyCheckText =
    "linktor instagram gateway key check";

// Returns a key of its own for each purpose (HMAC as a key derivation): none of
// them tells anything of another. The purposes' words are a part of what is
// stored: do not change.
std::string DeriveKey(const Secret& master, std::string_view purpose) {
  return std::string(AsBytes(HmacKey(master.Reveal()).Sign(purpose)));
}

// Writes the id as it lies in memory, which is little-endian on all machines
// that this server is built for. Persisted: do not change.
std::string EncodeId(std::int64_t id) {
  std::string bytes(sizeof(id), '\0');
  std::memcpy(bytes.data(), &id, sizeof(id));
  return bytes;
}

// Returns what ties sealed bytes to their place.
std::string PlaceData(SealedPlace place, std::string_view id) {
  std::string data(1, static_cast<char>(place));
  data.append(id);
  return data;
}

// Returns what ties a wrapped key to its id and scope. A wrapped key that is
// moved to another row cannot be opened.
std::string WrapData(const journal::DataKey& key) {
  return absl::StrCat("data key ", key.id(), " ", key.channel_no(), " ",
                      key.user_id());
}

std::string Truncated(const Digest& digest) {
  return std::string(AsBytes(digest).substr(0, kFingerprintSize));
}

}  // namespace

std::optional<std::int64_t> KeyIdOf(std::string_view sealed) {
  if (sealed.size() < kHeaderSize || sealed.front() != kVersion) {
    return std::nullopt;
  }
  std::int64_t key_id = 0;
  std::memcpy(&key_id, sealed.data() + 1, sizeof(key_id));
  return key_id;
}

Sealer::Sealer(const Secret& master_key, KeySource& keys)
    : keys_(keys),
      wrapping_(DeriveKey(master_key, "wrap data keys")),
      fingerprints_(DeriveKey(master_key, "fingerprint secrets")),
      content_(DeriveKey(master_key, "match content")),
      requests_(DeriveKey(master_key, "fingerprint requests")),
      api_keys_(DeriveKey(master_key, "hash API keys")) {}

absl::StatusOr<std::string> Sealer::Seal(const KeyScope& scope,
                                         SealedPlace place, std::string_view id,
                                         std::string_view plaintext,
                                         NewKeys& new_keys) {
  LINKTOR_ASSIGN(const KeyPtr key, KeyFor(scope, new_keys));
  std::string sealed(1, kVersion);
  sealed.append(EncodeId(key->id));
  sealed.reserve(kHeaderSize + AeadKey::kNonceSize + plaintext.size() +
                 AeadKey::kTagSize);
  key->aead.Seal(plaintext, PlaceData(place, id), sealed);
  return sealed;
}

absl::StatusOr<std::string> Sealer::Open(SealedPlace place, std::string_view id,
                                         std::string_view sealed) {
  const std::optional<std::int64_t> key_id = KeyIdOf(sealed);
  if (!key_id.has_value()) {
    return absl::DataLossError("not sealed by a known version");
  }
  LINKTOR_ASSIGN(const KeyPtr key, KeyById(*key_id));
  return key->aead.Open(sealed.substr(kHeaderSize), PlaceData(place, id));
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
  const std::int64_t* id = id_of_.Find(scope);
  return id == nullptr ? nullptr : FindById(*id);
}

Sealer::KeyPtr Sealer::FindById(std::int64_t id) {
  const KeyPtr* key = by_id_.Find(id);
  return key == nullptr ? nullptr : *key;
}

void Sealer::Remember(const KeyPtr& key) {
  id_of_.Insert(key->scope, key->id);
  by_id_.Insert(key->id, key);
}

absl::StatusOr<Sealer::KeyPtr> Sealer::KeyFor(const KeyScope& scope,
                                              NewKeys& new_keys) {
  {
    MutexLock lock(mutex_);
    if (KeyPtr key = FindByScope(scope)) return key;
  }
  for (const journal::DataKey& key : new_keys) {
    if (key.channel_no() == scope.channel_no &&
        key.user_id() == scope.user_id) {
      return KeyById(key);
    }
  }
  LINKTOR_ASSIGN(KeyPtr key, ReadStored([&] { return keys_.FindKey(scope); }));
  if (key != nullptr) return key;
  key = MakeKey(scope, new_keys);
  MutexLock lock(mutex_);
  by_id_.Insert(key->id, key);
  return key;
}

// The state is read without the mutex, and the key that was read may be
// destroyed meanwhile, after which nobody would forget it again. So it is read
// once more when any key was destroyed.
absl::StatusOr<Sealer::KeyPtr> Sealer::ReadStored(
    absl::FunctionRef<absl::StatusOr<std::optional<journal::DataKey>>()> read) {
  for (;;) {
    std::uint64_t destroyed = 0;
    {
      MutexLock lock(mutex_);
      destroyed = destroyed_;
    }
    LINKTOR_ASSIGN(const auto stored, read());
    if (!stored.has_value()) return nullptr;
    LINKTOR_ASSIGN(KeyPtr key, Unwrap(*stored));
    MutexLock lock(mutex_);
    if (destroyed != destroyed_) continue;
    Remember(key);
    return key;
  }
}

absl::StatusOr<Sealer::KeyPtr> Sealer::KeyById(const journal::DataKey& known) {
  {
    MutexLock lock(mutex_);
    if (KeyPtr key = FindById(known.id())) return key;
  }
  return Unwrap(known);
}

absl::StatusOr<Sealer::KeyPtr> Sealer::KeyById(std::int64_t id) {
  {
    MutexLock lock(mutex_);
    if (KeyPtr key = FindById(id)) return key;
  }
  LINKTOR_ASSIGN(KeyPtr key, ReadStored([&] { return keys_.FindKeyById(id); }));
  if (key == nullptr) {
    return absl::DataLossError("the data key of this content is gone");
  }
  return key;
}

void Sealer::OnStored(std::span<const journal::DataKey> keys) {
  for (const journal::DataKey& stored : keys) {
    {
      MutexLock lock(mutex_);
      // A key that was made by this process is here; another process's is read
      // when it is needed.
      if (KeyPtr key = FindById(stored.id())) {
        if (FindByScope(key->scope) == nullptr) Remember(key);
      }
    }
  }
}

void Sealer::OnDestroyed(std::span<const std::int64_t> ids) {
  MutexLock lock(mutex_);
  ++destroyed_;
  for (const std::int64_t id : ids) by_id_.Erase(id);
}

absl::StatusOr<Sealer::KeyPtr> Sealer::Unwrap(
    const journal::DataKey& stored) const {
  LINKTOR_ASSIGN(const std::string raw,
                 wrapping_.Open(stored.wrapped(), WrapData(stored)));
  const Secret key(raw);
  return std::make_shared<const DataKey>(DataKey{
      .id = stored.id(),
      .scope = {.channel_no = stored.channel_no(), .user_id = stored.user_id()},
      .aead = AeadKey(key.Reveal())});
}

Sealer::KeyPtr Sealer::MakeKey(const KeyScope& scope, NewKeys& new_keys) const {
  const Secret raw(RandomBytes(AeadKey::kKeySize));
  std::int64_t id = 0;
  FillRandom(&id, sizeof(id));
  journal::DataKey made;
  made.set_id(id);
  made.set_channel_no(scope.channel_no);
  made.set_user_id(scope.user_id);
  wrapping_.Seal(raw.Reveal(), WrapData(made), *made.mutable_wrapped());
  new_keys.push_back(std::move(made));
  return std::make_shared<const DataKey>(
      DataKey{.id = id, .scope = scope, .aead = AeadKey(raw.Reveal())});
}

}  // namespace linktor::seal
