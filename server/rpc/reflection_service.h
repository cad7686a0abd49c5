// grpc.reflection, v1 and v1alpha: newer clients ask for v1 first, older ones
// know only v1alpha. The streams are of our own, because Debian's plugin holds
// a thread for each and cannot be ended. gRPC calls them on its threads;
// nothing blocks.

#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/access/caller.h"
#include "server/base/mutex.h"
#include "server/rpc/admission.h"

namespace linktor::rpc {

// A ReflectionStream is an open stream that can be ended from outside,
// whichever version it speaks.
class ReflectionStream {
 public:
  // gRPC frees a stream, by the last reference, after its OnDone.
  virtual ~ReflectionStream() = default;
  // Ends the stream with `why`, now or when its write is done. The first end
  // counts; it may be called from any thread.
  virtual void End(const absl::Status& why) = 0;
  // Returns the caller as it was admitted; it never changes.
  virtual const access::Caller& caller() const = 0;
};

// Holds the open streams of both versions. Callers need a key that is in force,
// and no permission, because the contract is public. The limits of streams hold
// for these, too. It is thread-safe, and must outlive the two services and all
// streams.
class ReflectionStreams {
 public:
  // `admission` must outlive this.
  explicit ReflectionStreams(Admission& admission) : admission_(admission) {}

  // The streams are admitted here, by AdmitAnyKey.
  Admission& admission() { return admission_; }
  // Ends the streams of keys that are no longer in force. The App's ticker
  // calls it about twice a second.
  void CheckKeys();
  // Keeps `stream` until Remove. While the server drains, it is ended at once.
  void Add(const std::shared_ptr<ReflectionStream>& stream);
  // Forgets a stream that gRPC has finished with; it may be freed. The stream
  // itself calls it.
  void Remove(const ReflectionStream* stream);
  // Ends all streams with DRAINING, and every later one at once.
  void Drain();

 private:
  // Returns the streams, so that they can be ended without the mutex.
  std::vector<std::shared_ptr<ReflectionStream>> All() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Admission& admission_;
  // It guards the list. It is never held while a stream is ended.
  Mutex mutex_;
  // The reference here keeps a stream alive until gRPC has called OnDone.
  std::unordered_map<const ReflectionStream*, std::shared_ptr<ReflectionStream>>
      streams_ ABSL_GUARDED_BY(mutex_);
  // It is set once, and then a stream that is added ends at once.
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

// Answers with the files of the contract, comments included, and with those of
// gRPC's own services. A question that has no answer gets an error within the
// stream, as the protocol has it, and the stream goes on.
class ReflectionServiceV1 final
    : public grpc::reflection::v1::ServerReflection::CallbackService {
 public:
  // `streams` must outlive this and every stream.
  explicit ReflectionServiceV1(ReflectionStreams& streams)
      : streams_(streams) {}
  grpc::ServerBidiReactor<grpc::reflection::v1::ServerReflectionRequest,
                          grpc::reflection::v1::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  ReflectionStreams& streams_;
};

// Does the same for clients that know only the older version.
class ReflectionServiceV1Alpha final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // `streams` is the same object, so that the limits hold for both together.
  explicit ReflectionServiceV1Alpha(ReflectionStreams& streams)
      : streams_(streams) {}
  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  ReflectionStreams& streams_;
};

}  // namespace linktor::rpc
