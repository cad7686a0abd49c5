#include "server/rpc/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/base/strings.h"
#include "server/rpc/call.h"
#include "server/rpc/contract_file.h"

namespace linktor::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// These are gRPC's own services; those of the contract come after them.
constexpr std::array kGrpcServices = {
    "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection"};

// Returns the files of the contract in binary form, with their comments, by
// name.
const StringMap<std::string>& CommentedFiles() {
  static const auto& all = *[] {
    google::protobuf::FileDescriptorSet set;
    // The file is a part of the program, so it can only be damaged by a wrong
    // build; without it reflection would explain nothing.
    if (!set.ParseFromArray(kContractFile,
                            static_cast<int>(kContractFileSize))) {
      std::abort();
    }
    auto* files = new StringMap<std::string>;
    for (const auto& file : set.file()) {
      files->emplace(file.name(), file.SerializeAsString());
    }
    return files;
  }();
  return all;
}

std::string Serialize(const FileDescriptor& file) {
  const auto commented = CommentedFiles().find(file.name());
  if (commented != CommentedFiles().end()) return commented->second;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  // Without the JSON names clients print field names as they are written in the
  // .proto.
  file.CopyJsonNameTo(&proto);
  return proto.SerializeAsString();
}

// Adds a file and what it imports, each once, the file first.
template <typename Response>
void AddFile(const FileDescriptor* file, std::set<std::string>& seen,
             Response& response) {
  if (!seen.insert(file->name()).second) return;
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(
      Serialize(*file));
  for (int i = 0; i < file->dependency_count(); ++i) {
    AddFile(file->dependency(i), seen, response);
  }
}

template <typename Response>
void AnswerFile(const FileDescriptor* file, const std::string& what,
                Response& response) {
  if (file == nullptr) {
    response.mutable_error_response()->set_error_code(
        grpc::StatusCode::NOT_FOUND);
    response.mutable_error_response()->set_error_message("not found: " + what);
    return;
  }
  std::set<std::string> seen;
  AddFile(file, seen, response);
}

// The requests and responses of both versions have the same members.
template <typename Request, typename Response>
Response Reflect(const Request& request) {
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kListServices:
      for (const char* service : kGrpcServices) {
        response.mutable_list_services_response()->add_service()->set_name(
            service);
      }
      for (const auto* service : access::Methods::Services()) {
        response.mutable_list_services_response()->add_service()->set_name(
            service->full_name());
      }
      break;
    case Request::kFileByFilename:
      AnswerFile(pool->FindFileByName(request.file_by_filename()),
                 request.file_by_filename(), response);
      break;
    case Request::kFileContainingSymbol:
      AnswerFile(
          pool->FindFileContainingSymbol(request.file_containing_symbol()),
          request.file_containing_symbol(), response);
      break;
    case Request::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* type = pool->FindMessageTypeByName(wanted.containing_type());
      const FieldDescriptor* extension =
          type == nullptr
              ? nullptr
              : pool->FindExtensionByNumber(type, wanted.extension_number());
      AnswerFile(extension == nullptr ? nullptr : extension->file(),
                 wanted.containing_type(), response);
      break;
    }
    case Request::kAllExtensionNumbersOfType: {
      const auto* type =
          pool->FindMessageTypeByName(request.all_extension_numbers_of_type());
      if (type == nullptr) {
        AnswerFile(nullptr, request.all_extension_numbers_of_type(), response);
        break;
      }
      std::vector<const FieldDescriptor*> extensions;
      pool->FindAllExtensions(type, &extensions);
      auto* found = response.mutable_all_extension_numbers_response();
      found->set_base_type_name(type->full_name());
      for (const FieldDescriptor* one : extensions) {
        found->add_extension_number(one->number());
      }
      break;
    }
    default:
      response.mutable_error_response()->set_error_code(
          grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message(
          "the request asks for nothing");
      break;
  }
  return response;
}

// One stream: it reads a request, writes its answer, and so on. A read or a
// write is under way at any time, and gRPC tells its end once. When end_ is set
// that end is the last one. A stream that is ended while it waits for a request
// is finished there and then; Finish is called once (`finished_`).
template <typename Request, typename Response>
class Stream final
    : public grpc::ServerBidiReactor<Request, Response>,
      public ReflectionStream,
      public std::enable_shared_from_this<Stream<Request, Response>> {
 public:
  Stream(ReflectionStreams& streams, Admitted admitted)
      : streams_(streams), admitted_(std::move(admitted)) {}

  void Begin() { this->StartRead(&request_); }
  const access::Caller& caller() const override { return admitted_.caller; }

  void OnReadDone(bool ok) override {
    if (!ok) return FinishOnce(grpc::Status::OK);
    response_ = Reflect<Request, Response>(request_);
    {
      MutexLock lock(mutex_);
      if (finished_ || !end_.ok()) return;
      writing_ = true;
    }
    this->StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    absl::Status end;
    if (!ok) end = absl::CancelledError("the client is gone");
    {
      MutexLock lock(mutex_);
      writing_ = false;
      if (!end_.ok()) end = end_;
    }
    if (!end.ok()) return FinishOnce(ToGrpcStatus(end));
    this->StartRead(&request_);
  }

  void OnCancel() override { End(absl::CancelledError("cancelled")); }

  void End(const absl::Status& why) override {
    {
      MutexLock lock(mutex_);
      if (end_.ok()) end_ = why;
      if (writing_ || std::exchange(finished_, true)) return;
    }
    this->Finish(ToGrpcStatus(why));
  }

  void OnDone() override {
    admitted_.total = {};
    admitted_.own = {};
    streams_.Remove(this);
  }

 private:
  // Finishes the stream unless another thread has. gRPC is called outside of
  // the mutex.
  void FinishOnce(const grpc::Status& status) {
    {
      MutexLock lock(mutex_);
      if (std::exchange(finished_, true)) return;
    }
    this->Finish(status);
  }

  ReflectionStreams& streams_;
  // OnDone gives the places back; the caller stays, because CheckKeys may look
  // at it.
  Admitted admitted_;
  Request request_;
  Response response_;
  Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // It is not OK when the stream is to end.
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

// Admits a call and begins its stream. A call that is refused gets a stream as
// well, which ends at once, or when the gate lets its answer go.
template <typename Request, typename Response>
grpc::ServerBidiReactor<Request, Response>* BeginStream(
    ReflectionStreams& streams, const grpc::CallbackServerContext& context) {
  absl::StatusOr<Admitted> admitted = streams.admission().AdmitAnyKey(context);
  const absl::Status refusal = admitted.status();
  auto stream = std::make_shared<Stream<Request, Response>>(
      streams, admitted.ok() ? *std::move(admitted) : Admitted());
  auto* raw = stream.get();
  streams.Add(stream);
  if (refusal.ok()) {
    raw->Begin();
    return raw;
  }
  StopGate& gate = streams.admission().gate();
  if (gate.draining()) {
    gate.Run([stream, refusal] { stream->End(refusal); });
  } else {
    stream->End(refusal);
  }
  return raw;
}

}  // namespace

void ReflectionStreams::Add(const std::shared_ptr<ReflectionStream>& stream) {
  bool draining = false;
  {
    MutexLock lock(mutex_);
    streams_.emplace(stream.get(), stream);
    draining = draining_;
  }
  if (draining) stream->End(DrainingError());
}

void ReflectionStreams::Remove(const ReflectionStream* stream) {
  // If this is the last reference, the stream is freed after the lock is
  // released.
  decltype(streams_)::node_type last;
  MutexLock lock(mutex_);
  last = streams_.extract(stream);
}

std::vector<std::shared_ptr<ReflectionStream>> ReflectionStreams::All() const {
  std::vector<std::shared_ptr<ReflectionStream>> all;
  all.reserve(streams_.size());
  for (const auto& [key, stream] : streams_) all.push_back(stream);
  return all;
}

void ReflectionStreams::Drain() {
  std::vector<std::shared_ptr<ReflectionStream>> all;
  {
    MutexLock lock(mutex_);
    draining_ = true;
    all = All();
  }
  for (const auto& stream : all) stream->End(DrainingError());
}

void ReflectionStreams::CheckKeys() {
  const access::ApiKeys* keys = admission_.keys();
  if (keys == nullptr) return;
  std::vector<std::shared_ptr<ReflectionStream>> all;
  {
    MutexLock lock(mutex_);
    all = All();
  }
  for (const auto& stream : all) {
    if (absl::Status status = keys->RecheckInForce(stream->caller());
        !status.ok()) {
      stream->End(status);
    }
  }
}

grpc::ServerBidiReactor<grpc::reflection::v1::ServerReflectionRequest,
                        grpc::reflection::v1::ServerReflectionResponse>*
ReflectionServiceV1::ServerReflectionInfo(
    grpc::CallbackServerContext* context) {
  return BeginStream<grpc::reflection::v1::ServerReflectionRequest,
                     grpc::reflection::v1::ServerReflectionResponse>(streams_,
                                                                     *context);
}

grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                        grpc::reflection::v1alpha::ServerReflectionResponse>*
ReflectionServiceV1Alpha::ServerReflectionInfo(
    grpc::CallbackServerContext* context) {
  return BeginStream<grpc::reflection::v1alpha::ServerReflectionRequest,
                     grpc::reflection::v1alpha::ServerReflectionResponse>(
      streams_, *context);
}

}  // namespace linktor::rpc
