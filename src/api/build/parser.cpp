// SPDX-License-Identifier: Apache-2.0
#include "tenon/parser.h"

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/build/network.h"
#include "api/run/convert.h"
#include "api/run/guard.h"
#include "builder/builder.h"
#include "builder/onnx_operators.h"
#include "import/onnx/model.h"
#include "ops/entry.h"

namespace tn::api {
namespace {

using tenon::ParserErrorCode;

class ParserError final : public tenon::IParserError {
 public:
  ParserError(ParserErrorCode code, const Error& error) : code_(code), text_(error.what()) {
    if (const auto* about = dynamic_cast<const import::NodeError*>(&error)) node_ = about->origin();
  }
  ParserErrorCode code() const noexcept override { return code_; }
  char const* desc() const noexcept override { return text_.c_str(); }
  int32_t node() const noexcept override { return node_.index; }
  char const* nodeName() const noexcept override { return node_.name.c_str(); }
  char const* nodeOperator() const noexcept override { return node_.op.c_str(); }

 private:
  ParserErrorCode code_;
  std::string text_;
  import::NodeOrigin node_;
};

ParserErrorCode code_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::InvalidModel:
      return ParserErrorCode::kINVALID_GRAPH;
    case ErrorCode::Unsupported:
      return ParserErrorCode::kUNSUPPORTED_NODE;
    case ErrorCode::OutOfMemory:
      return ParserErrorCode::kMEM_ALLOC_FAILED;
    case ErrorCode::NotFound:
    case ErrorCode::Io:
      return ParserErrorCode::kMODEL_DESERIALIZE_FAILED;
    case ErrorCode::InvalidArgument:
      return ParserErrorCode::kINVALID_VALUE;
    default:
      return ParserErrorCode::kINTERNAL_ERROR;
  }
}

// Drops messages above a level.
class Filter final : public Logger {
 public:
  Filter(Logger& logger, int32_t level) : logger_(logger), level_(level) {}
  void write(Severity severity, std::string_view message) noexcept override {
    if (static_cast<int32_t>(severity) <= level_) logger_.write(severity, message);
  }

 private:
  Logger& logger_;
  int32_t level_;
};

class PublicParser final : public tenon::IParser {
 public:
  PublicParser(Network& network, tenon::ILogger& logger) : network_(network), logger_(logger) {}

  bool parse(void const* model, std::size_t size, char const* path) noexcept override {
    return attempt(logger_, [&] { network_.import_graph(read(model, size, path)); });
  }
  bool parseFromFile(char const* file, int32_t verbosity) noexcept override {
    Filter filter(logger_, verbosity);
    return attempt(filter, [&] {
      const std::string path = &not_null(file, "the path");
      std::error_code ignored;
      if (std::filesystem::is_directory(path, ignored))
        throw Error(ErrorCode::Io, "{}: is a folder, not an ONNX file", path);
      network_.import_graph(
          with_shapes(filter, [&](const import::KnownInputs& known) { return read_onnx(path, known); }), path);
    });
  }
  bool supportsOperator(char const* name) const noexcept override {
    constexpr int64_t kNewest = 30;
    return name && ops::find_onnx_importer("", name, kNewest) != nullptr;
  }
  bool supportsModelV2(void const* model, std::size_t size, char const* path) noexcept override {
    return attempt(logger_, [&] { read(model, size, path); });
  }
  int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(errors_.size()); }
  tenon::IParserError const* getError(int32_t index) const noexcept override {
    return index < 0 || index >= getNbErrors() ? nullptr : errors_[static_cast<size_t>(index)].get();
  }
  void clearErrors() noexcept override { errors_.clear(); }
  bool setInputShape(char const* name, tenon::Dims const& dims) noexcept override {
    return guard(logger_, false, [&] {
      known_.shapes.insert_or_assign(&not_null(name, "the input's name"), to_shape(dims));
      return true;
    });
  }

 private:
  bool attempt(Logger& logger, const std::function<void()>& body) noexcept {
    return guard(logger, false, [&] {
      try {
        body();
        return true;
      } catch (const Error& error) {
        errors_.push_back(std::make_unique<ParserError>(code_of(error), error));
        throw;
      }
    });
  }
  // Reads without the known shapes first: a dynamic network is worth more. Elements of inputs become extents only where
  // the network cannot be read otherwise.
  template <typename Read>
  Graph with_shapes(Logger& logger, Read&& read) {
    try {
      return with_values(read, {});
    } catch (const Error& error) {
      if (known_.shapes.empty() || !is_of_network(error)) throw;
    }
    Graph graph = with_values(read, known_);
    logger.info(
        "The model cannot be read with dynamic shapes (ranks depend on them): its inputs are fixed to the shapes "
        "given");
    return graph;
  }
  static bool is_of_network(const Error& error) {
    return error.code() == ErrorCode::InvalidModel || error.code() == ErrorCode::Unsupported;
  }
  template <typename Read>
  static Graph with_values(Read&& read, import::KnownInputs known) {
    try {
      return read(known);
    } catch (const Error& error) {
      if (!is_of_network(error)) throw;
      const std::exception_ptr first = std::current_exception();
      try {
        known.symbolic_values = true;
        return read(known);
      } catch (const Error&) {
        std::rethrow_exception(first);
      }
    }
  }
  Graph read(void const* model, std::size_t size, char const* path) {
    const auto* bytes = &not_null(static_cast<const std::byte*>(model), "the model");
    return with_shapes(logger_, [&](const import::KnownInputs& known) {
      return import::import_onnx({bytes, size}, path ? path : "", onnx_operators(), known);
    });
  }

  Network& network_;
  PublicLogger logger_;
  import::KnownInputs known_;
  std::vector<std::unique_ptr<ParserError>> errors_;
};

}  // namespace
}  // namespace tn::api

namespace tenon {

IParser* createParser(INetworkDefinition& network, ILogger& logger) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<IParser*>(
      inside, nullptr, [&] { return new tn::api::PublicParser(static_cast<tn::api::Network&>(network), logger); });
}

}  // namespace tenon
