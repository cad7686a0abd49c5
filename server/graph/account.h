// A GraphAccount holds everything that a call to Meta's Graph API needs to know
// about a channel. channels/graph_account.h makes it from the channel's entry
// in the registry when a call begins. So a new access token is used at once.

#pragma once

#include <string>

#include "linktor/instagram/v1/channel.pb.h"
#include "server/base/secret.h"
#include "server/base/v1.h"

namespace linktor::graph {

// It is a plain value without a lock; each call has its own copy.
struct GraphAccount {
  // It names the channel in logs and metrics. Meta never sees it.
  std::string channel_id;
  // The login decides the host of a call and the id in its path. With Facebook
  // Login the path has the id of the Page, and with Instagram Login it has the
  // id of the account.
  v1::LoginType login_type = v1::LOGIN_TYPE_FACEBOOK_LOGIN;
  // The path of a call names this version of the API, such as "v25.0".
  std::string api_version;
  // Instagram knows the account by this number.
  std::string instagram_account_id;
  // This is the number of the Facebook Page to which the account is linked. It
  // may be empty with Instagram Login.
  std::string page_id;
  // The token is sent in a header and not in the URL, so that logs of URLs do
  // not have it.
  Secret access_token;
  // This is the proof that the call comes from the app: the HMAC-SHA256 of the
  // access token under the app secret, in lower-case hexadecimal. If the proof
  // is empty, calls are made without a proof. Meta accepts such calls unless
  // the app has "Require App Secret" on.
  std::string app_secret_proof;
};

// Says where Meta's Graph API is: scheme and host, without a slash at the end.
// The configuration puts other hosts here for tests and for the emulator.
struct GraphHosts {
  std::string facebook = "https://graph.facebook.com";
  std::string instagram = "https://graph.instagram.com";
};

}  // namespace linktor::graph
