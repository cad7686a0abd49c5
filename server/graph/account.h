// Holds what a Graph call needs to know of a channel. channels/graph_account.h
// makes it from the registry's entry when a call begins, so that a changed
// token is used at once.

#pragma once

#include <string>

#include "linktor/instagram/v1/channel.pb.h"
#include "server/base/secret.h"
#include "server/base/v1.h"

namespace linktor::graph {

// This is a value without a lock; each call has its own.
struct GraphAccount {
  // Names the channel in logs and metrics; Meta never sees it.
  std::string channel_id;
  // The login decides the host, and whose id is in the path: Facebook Login
  // speaks for the Page, Instagram Login for the account.
  v1::LoginType login_type = v1::LOGIN_TYPE_FACEBOOK_LOGIN;
  // The path names this version, such as "v25.0".
  std::string api_version;
  // Instagram knows the account by this number.
  std::string instagram_account_id;
  // The account is linked to the Page of this number; it may be empty with
  // Instagram Login.
  std::string page_id;
  // It goes out as a header, which keeps it out of URLs and their logs.
  Secret access_token;
  // By this the app proves that it is the one that calls: it is the HMAC-SHA256
  // of the access token under the app secret, in lower-case hexadecimal. When
  // it is empty, calls go without one, which Meta takes unless the app has
  // "Require App Secret" on.
  std::string app_secret_proof;
};

// Says where Meta is: scheme and host, without a trailing slash. Tests and the
// emulator take Meta's place by it.
struct GraphHosts {
  std::string facebook = "https://graph.facebook.com";
  std::string instagram = "https://graph.instagram.com";
};

}  // namespace linktor::graph
