// The two services of this file serve gRPC's server reflection in the versions
// v1 and v1alpha: newer clients ask for v1 first, and older clients know only
// v1alpha. The reflection plugin of Debian's gRPC is not used, because it holds
// a thread for each stream, and the server cannot end its streams. gRPC calls
// the streams on its own threads, and nothing here blocks.

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
// in the limits of streams (Admission::Limits). ReflectionStreams is
// thread-safe, and must outlive the two services and all streams.
class ReflectionStreams {
 public:
  // `admission` must outlive this object.
  explicit ReflectionStreams(Admission& admission) : admission_(admission) {}

  // Each new stream is admitted here, by AdmitAnyKey.
  Admission& admission() { return admission_; }
  // Ends the streams whose key is no longer in force. The App's ticker calls it
  // about twice a second.
  void CheckKeys();
  // Keeps a reference to `stream` until Remove. After Drain, it also ends the
  // stream at once.
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
  // It guards streams_ and draining_. It is never held while a stream is ended.
  Mutex mutex_;
  // The reference in this map keeps a stream alive until gRPC has called
  // OnDone.
  std::unordered_map<const ReflectionStream*, std::shared_ptr<ReflectionStream>>
      streams_ ABSL_GUARDED_BY(mutex_);
  // Drain makes it true, and then it stays true. A stream that is added later
  // ends at once.
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

// This service answers with the descriptors of the contract's proto files,
// comments included, and with the descriptors of gRPC's own services. When a
// request asks for something that does not exist, its response is an error, as
// the protocol demands. The stream then goes on.
class ReflectionServiceV1 final
    : public grpc::reflection::v1::ServerReflection::CallbackService {
 public:
  // `streams` must outlive this object and every stream.
  explicit ReflectionServiceV1(ReflectionStreams& streams)
      : streams_(streams) {}
  grpc::ServerBidiReactor<grpc::reflection::v1::ServerReflectionRequest,
                          grpc::reflection::v1::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  ReflectionStreams& streams_;
};

// This service does the same as ReflectionServiceV1, for clients that know only
// v1alpha.
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
