// grpc.reflection, v1 and v1alpha: newer clients ask for v1 first, older ones
// know only v1alpha. Callback streams of our own, because Debian's plugin
// holds a thread for each and cannot be ended.

#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/access/caller.h"
#include "server/base/mutex.h"
#include "server/rpc/admission.h"

namespace linktor {

// A stream that can be ended from outside.
class ReflectionStream {
 public:
  virtual ~ReflectionStream() = default;
  virtual void End(const absl::Status& why) = 0;
  // Returns whoever reads the stream.
  virtual const access::Caller& caller() const = 0;
};

// The open streams of both versions. Callers need a key that is in force, and
// no permission; the limits of streams are these streams', too.
class ReflectionStreams {
 public:
  // `admission` must outlive this.
  explicit ReflectionStreams(Admission& admission) : admission_(admission) {}

  Admission& admission() { return admission_; }
  // Ends the streams of keys that are no longer in force. Called about twice a
  // second.
  void CheckKeys();
  void Add(const std::shared_ptr<ReflectionStream>& stream);
  void Remove(const ReflectionStream* stream);
  void Drain();

 private:
  std::vector<std::shared_ptr<ReflectionStream>> All() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Admission& admission_;
  Mutex mutex_;
  std::unordered_map<const ReflectionStream*, std::shared_ptr<ReflectionStream>>
      streams_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

class ReflectionServiceV1 final
    : public grpc::reflection::v1::ServerReflection::CallbackService {
 public:
  explicit ReflectionServiceV1(ReflectionStreams& streams)
      : streams_(streams) {}
  grpc::ServerBidiReactor<grpc::reflection::v1::ServerReflectionRequest,
                          grpc::reflection::v1::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  ReflectionStreams& streams_;
};

class ReflectionServiceV1Alpha final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  explicit ReflectionServiceV1Alpha(ReflectionStreams& streams)
      : streams_(streams) {}
  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  ReflectionStreams& streams_;
};

}  // namespace linktor
