// What a Graph call needs to know of a channel.

#pragma once

#include <string>

#include "linktor/instagram/v1/channel.pb.h"
#include "server/base/secret.h"
#include "server/base/v1.h"

namespace linktor {

struct GraphAccount {
  // Names the channel in logs and metrics; Meta never sees it.
  std::string channel_id;
  v1::LoginType login_type = v1::LOGIN_TYPE_FACEBOOK_LOGIN;
  // "v25.0".
  std::string api_version;
  std::string instagram_account_id;
  std::string page_id;
  Secret access_token;
  // The app's proof that it is the one who calls: HMAC-SHA256 of the access
  // token under the app secret, in lower-case hexadecimal. Empty: calls go
  // without one, which Meta takes unless the app has "Require App Secret" on.
  std::string app_secret_proof;
};

// Where Meta is: scheme and host, without a trailing slash.
struct GraphHosts {
  std::string facebook = "https://graph.facebook.com";
  std::string instagram = "https://graph.instagram.com";
};

}  // namespace linktor
