// SPDX-License-Identifier: Apache-2.0
#include "tenon/caffe_parser.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"
#include "builder/builder.h"

namespace tn::api {
namespace {

class Blobs final : public tenon::IBlobNameToTensor {
 public:
  Blobs(Network& network, std::map<std::string, TensorId> ids) : network_(network), ids_(std::move(ids)) {}
  tenon::ITensor* find(char const* name) const noexcept override {
    return guard<tenon::ITensor*>(network_.logger(), nullptr, [&]() -> tenon::ITensor* {
      const auto found = ids_.find(&not_null(name, "a blob's name"));
      return found == ids_.end() ? nullptr : network_.imported_tensor(found->second);
    });
  }

 private:
  Network& network_;
  const std::map<std::string, TensorId> ids_;
};

class Blob final : public tenon::IBinaryProtoBlob {
 public:
  explicit Blob(ConstantPtr data) : data_(std::move(data)) {}
  void const* getData() noexcept override { return data_->bytes().data(); }
  tenon::DataType getDataType() noexcept override { return tenon::DataType::kFLOAT; }
  tenon::Dims4 getDimensions() noexcept override {
    tenon::Dims4 dims(1, 1, 1, 1);
    const int rank = data_->dims().rank();
    for (int i = 0; i < rank; ++i) dims.d[dims.nbDims - rank + i] = data_->dims()[i];
    return dims;
  }

 private:
  const ConstantPtr data_;
};

class PublicCaffeParser final : public tenon::ICaffeParser {
 public:
  explicit PublicCaffeParser(tenon::ILogger& logger) : logger_(logger) {}

  tenon::IBlobNameToTensor const* parse(char const* deploy, char const* model, tenon::INetworkDefinition& network,
                                        tenon::DataType) noexcept override {
    return guard<Blobs*>(logger_, nullptr, [&] {
      return take(read_caffe(&not_null(deploy, "the path of the prototxt"), model ? model : "", options_), network);
    });
  }
  tenon::IBlobNameToTensor const* parseBuffers(void const* deploy, std::size_t deploy_size, void const* model,
                                               std::size_t model_size, tenon::INetworkDefinition& network,
                                               tenon::DataType) noexcept override {
    return guard<Blobs*>(logger_, nullptr, [&] {
      const auto* structure = &not_null(static_cast<const std::byte*>(deploy), "the prototxt");
      std::optional<std::span<const std::byte>> weights;
      if (model) weights.emplace(static_cast<const std::byte*>(model), model_size);
      return take(read_caffe(std::span(structure, deploy_size), weights, options_), network);
    });
  }
  tenon::IBinaryProtoBlob* parseBinaryProto(char const* file) noexcept override {
    return guard<tenon::IBinaryProtoBlob*>(logger_, nullptr, [&] {
      auto data = import::read_caffe_blob(&not_null(file, "the path"));
      if (data->dims().rank() > 4)
        throw Error(ErrorCode::Unsupported, "{}: an array {}, at most four axes are supported", file,
                    to_string(data->dims()));
      return new Blob(std::move(data));
    });
  }
  void setProtobufBufferSize(std::size_t) noexcept override {}
  bool setInputShape(char const* name, tenon::Dims const& dims) noexcept override {
    return guard(logger_, false, [&] {
      options_.shapes.insert_or_assign(&not_null(name, "the input's name"), to_shape(dims));
      return true;
    });
  }
  bool setBatchSize(int64_t batch) noexcept override {
    return guard(logger_, false, [&] {
      if (batch < 1) throw Error(ErrorCode::InvalidArgument, "a batch of {}", batch);
      options_.batch = batch;
      return true;
    });
  }
  char const* getUnreadBlob(int32_t index) const noexcept override {
    return index < 0 || static_cast<size_t>(index) >= unread_.size() ? nullptr
                                                                     : unread_[static_cast<size_t>(index)].c_str();
  }

 private:
  Blobs* take(import::CaffeNetwork read, tenon::INetworkDefinition& into) {
    auto& network = static_cast<Network&>(into);
    for (const std::string& warning : read.warnings) logger_.warning("{}", warning);
    unread_.clear();
    for (const TensorId id : read.graph.outputs()) unread_.push_back(read.graph.tensor(id).name);
    read.graph.set_outputs({});
    network.import_graph(std::move(read.graph));
    blobs_.push_back(std::make_unique<Blobs>(network, std::move(read.blobs)));
    return blobs_.back().get();
  }

  PublicLogger logger_;
  import::CaffeOptions options_;
  std::vector<std::string> unread_;
  std::vector<std::unique_ptr<Blobs>> blobs_;
};

}  // namespace
}  // namespace tn::api

namespace tenon {

ICaffeParser* createCaffeParser(ILogger& logger) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<ICaffeParser*>(inside, nullptr, [&] { return new tn::api::PublicCaffeParser(logger); });
}

}  // namespace tenon
