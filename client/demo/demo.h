// This is the demo itself. It starts the emulated Instagram and the server, and
// plays two conversations on the screen. Then it prints the events that happen.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/demo/child.h"
#include "client/demo/emulator_control.h"
#include "client/demo/event_feed.h"
#include "client/demo/signals.h"
#include "client/demo/workplace.h"

namespace linktor::demo {

// A Demo is for the main thread only.
class Demo {
 public:
  // An Account is an Instagram account with its channel. It is connected by one
  // of Meta's two logins.
  struct Account {
    const char* channel_id;
    const char* name;
    const char* account_id;
    // This is the connected Facebook Page, which Facebook Login needs. It is
    // null for Instagram Login.
    const char* page_id;
  };

  // Both arguments must outlive the demo.
  Demo(Signals& signals, const Workplace& workplace)
      : signals_(signals), workplace_(workplace) {}
  ~Demo() { Stop().IgnoreError(); }
  Demo(const Demo&) = delete;
  Demo& operator=(const Demo&) = delete;

  // Plays the conversations; each step takes at most 30 s. An error has a
  // message for the user, with the last lines of the log of the program that
  // failed. CANCELLED means that the user asked for the end.
  absl::Status Play();
  // Prints commands to try, and then events until the user asks for the end.
  // Returns an error when one of the programs has ended.
  absl::Status StayUp();
  // Stops the server and the emulator. Returns an error when one of them did
  // not end cleanly.
  absl::Status Stop();

 private:
  // These are the addresses of one program by their names, such as "grpc".
  using Addresses = std::map<std::string, std::string>;

  absl::Status StartPrograms();
  absl::Status Prepare();
  absl::Status PlayMessage();
  absl::Status PlayAnswer();
  absl::Status PlaySecondChannel();
  // Creates the channel, or returns the channel that an earlier run created.
  absl::StatusOr<v1::Channel> CreateChannel(const Account& account);
  // Gives the webhook URL to the emulated Instagram, and makes it verify the
  // URL with the server.
  absl::Status VerifyWebhook(const std::string& url);
  // Makes a customer write a message, and returns its event when it has come.
  // Other events that come meanwhile go into pending_.
  absl::StatusOr<v1::Event> Receive(const boost::json::object& message);
  void PrintCommands() const;
  void PrintEvents(const std::vector<v1::Event>& events) const;

  // Starts a program, and returns its addresses when it is ready.
  absl::StatusOr<Addresses> StartProgram(std::unique_ptr<Child>& child,
                                         const Child::Options& options);
  // Waits until `done` returns true. When the time is over, the error is that
  // `what` "did not come". It also ends with an error when the user asks for
  // the end, or when a program has ended.
  absl::Status WaitFor(const std::string& what,
                       const std::function<bool()>& done);
  // Returns an error when a program has ended.
  absl::Status CheckChildren();
  // Adds the server's log to an error that does not have one.
  absl::Status WithLog(absl::Status status) const;

  Signals& signals_;
  const Workplace& workplace_;
  std::unique_ptr<Child> instagram_;
  std::unique_ptr<Child> server_;
  std::string instagram_address_;
  Addresses addresses_;
  std::unique_ptr<EmulatorControl> control_;
  std::unique_ptr<instagram::Client> client_;
  std::unique_ptr<EventFeed> events_;
  // These events came while the conversations were played. StayUp() prints
  // them.
  std::vector<v1::Event> pending_;
};

}  // namespace linktor::demo
