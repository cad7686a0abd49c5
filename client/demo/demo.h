// This is the demo itself: it starts the emulated Instagram and the server,
// plays two conversations on the screen, and then shows what happens.

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

// It is for the main thread only.
class Demo {
 public:
  // It is an Instagram account with its channel, by one of Meta's logins.
  struct Account {
    const char* channel_id;
    const char* name;
    const char* account_id;
    // Facebook Login speaks through this Page; it is null for Instagram Login.
    const char* page_id;
  };

  // Both outlive the demo.
  Demo(Signals& signals, const Workplace& workplace)
      : signals_(signals), workplace_(workplace) {}
  ~Demo() { Stop().IgnoreError(); }
  Demo(const Demo&) = delete;
  Demo& operator=(const Demo&) = delete;

  // Plays the conversations; each step takes at most 30 s. An error is a
  // sentence for the user, with the log of the program that failed; CANCELLED
  // means that the user asked for the end.
  absl::Status Play();
  // Prints what to try and then events until the user asks for the end.
  absl::Status StayUp();
  // Stops server and emulator. Returns an error when one of them did not end
  // cleanly.
  absl::Status Stop();

 private:
  // They are one program's addresses by name.
  using Addresses = std::map<std::string, std::string>;

  absl::Status StartPrograms();
  absl::Status Prepare();
  absl::Status PlayMessage();
  absl::Status PlayAnswer();
  absl::Status PlaySecondChannel();
  // Creates it, or finds it as an earlier run left it.
  absl::StatusOr<v1::Channel> CreateChannel(const Account& account);
  // Puts the emulated Instagram before the server, and has it verify the URL.
  absl::Status VerifyWebhook(const std::string& url);
  // Has a customer write, and waits for the event of it.
  absl::StatusOr<v1::Event> Receive(const boost::json::object& message);
  void PrintCommands() const;
  void PrintEvents(const std::vector<v1::Event>& events) const;

  absl::StatusOr<Addresses> StartProgram(std::unique_ptr<Child>& child,
                                         const Child::Options& options);
  // Waits until `done` says so. `what` completes "... did not come".
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
  // These events came before they were to be shown.
  std::vector<v1::Event> pending_;
};

}  // namespace linktor::demo
