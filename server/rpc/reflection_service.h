// This is grpc.reflection, in the versions v1 and v1alpha: newer clients ask
// for v1 first, and older clients know only v1alpha. This server has its own
// streams, because the reflection plugin of Debian's gRPC holds a thread for
// each stream, and its streams cannot be ended. gRPC calls the streams on its
// threads, and nothing here blocks.

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

// A ReflectionStream is an open stream of either version. Other parts of the
// server can end it.
class ReflectionStream {
 public:
  // A stream is freed with its last reference, after gRPC has called OnDone.
  virtual ~ReflectionStream() = default;
  // Ends the stream with `why`, now or when the write under way is done. Only
  // the first call counts. Any thread may call it.
  virtual void End(const absl::Status& why) = 0;
  // Returns the caller that was admitted. It never changes.
  virtual const access::Caller& caller() const = 0;
};

// Holds the open streams of both versions. A caller needs a key that is in
// force, but no permission, because the contract is public. These streams count
// in the limits of streams (Admission::Limits). It is thread-safe, and must
// outlive the two services and all streams.
class ReflectionStreams {
 public:
  // `admission` must outlive this object.
  explicit ReflectionStreams(Admission& admission) : admission_(admission) {}

  // Each new stream is admitted here, by AdmitAnyKey.
  Admission& admission() { return admission_; }
  // Ends the streams whose key is no longer in force. The App's ticker calls it
  // about twice a second.
  void CheckKeys();
  // Keeps `stream` until Remove. After Drain, it also ends the stream at once.
  void Add(const std::shared_ptr<ReflectionStream>& stream);
  // Forgets a stream that gRPC has finished with, which may free the stream.
  // The stream itself calls it.
  void Remove(const ReflectionStream* stream);
  // Ends all streams with DRAINING, and ends every later stream at once.
  void Drain();

 private:
  // Returns the streams, so that the caller can end them without holding the
  // mutex.
  std::vector<std::shared_ptr<ReflectionStream>> All() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Admission& admission_;
  // It guards the list and draining_. It is never held while a stream is ended.
  Mutex mutex_;
  // The reference in this map keeps a stream alive until gRPC has called
  // OnDone.
  std::unordered_map<const ReflectionStream*, std::shared_ptr<ReflectionStream>>
      streams_ ABSL_GUARDED_BY(mutex_);
  // It is set once. A stream that is added later ends at once.
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

// Answers with the files of the contract, comments included, and with the files
// of gRPC's own services. A question that has no answer gets an error within
// the stream, as the protocol demands, and the stream goes on.
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

// Does the same for clients that know only v1alpha.
class ReflectionServiceV1Alpha final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // `streams` is the object that ReflectionServiceV1 uses, so that the limits
  // hold for both versions together.
  explicit ReflectionServiceV1Alpha(ReflectionStreams& streams)
      : streams_(streams) {}
  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  ReflectionStreams& streams_;
};

}  // namespace linktor::rpc
