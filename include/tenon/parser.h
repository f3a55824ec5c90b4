// SPDX-License-Identifier: Apache-2.0
// Reading ONNX files into a network. Only in libtenon.
#pragma once

#include "tenon/network.h"

namespace tenon {

enum class ParserErrorCode : int32_t {
  kSUCCESS = 0,
  kINTERNAL_ERROR = 1,
  kMEM_ALLOC_FAILED = 2,
  kMODEL_DESERIALIZE_FAILED = 3,
  kINVALID_VALUE = 4,
  kINVALID_GRAPH = 5,
  kINVALID_NODE = 6,
  kUNSUPPORTED_GRAPH = 7,
  kUNSUPPORTED_NODE = 8,
  kUNSUPPORTED_NODE_ATTR = 9,
  kUNSUPPORTED_NODE_INPUT = 10,
  kUNSUPPORTED_NODE_DATATYPE = 11,
  kUNSUPPORTED_NODE_DYNAMIC = 12,
  kUNSUPPORTED_NODE_SHAPE = 13,
  kREFIT_FAILED = 14,
};

/// What is wrong, and at which node.
class IParserError {
 public:
  virtual ParserErrorCode code() const noexcept = 0;
  virtual char const* desc() const noexcept = 0;
  /// Index of the node in its graph, −1 where the error is about no node.
  virtual int32_t node() const noexcept = 0;
  virtual char const* nodeName() const noexcept = 0;
  virtual char const* nodeOperator() const noexcept = 0;

 protected:
  virtual ~IParserError() = default;
};

/// Fills the network it was created for, from one model. All unsupported nodes are reported, not only the first.
class IParser : public INoCopy {
 public:
  /// `modelPath` says where external weights lie; without it they are refused.
  virtual bool parse(void const* serializedModel, std::size_t size, char const* modelPath = nullptr) noexcept = 0;
  /// `verbosity` is an ILogger::Severity; messages above it are dropped.
  virtual bool parseFromFile(char const* modelFile, int32_t verbosity) noexcept = 0;
  /// Whether some version of the ONNX operator can be imported.
  virtual bool supportsOperator(char const* opName) const noexcept = 0;
  /// Imports for trial, without touching the network; the errors then tell what is missing.
  virtual bool supportsModelV2(void const* serializedModel, std::size_t size,
                               char const* modelPath = nullptr) noexcept = 0;
  virtual int32_t getNbErrors() const noexcept = 0;
  virtual IParserError const* getError(int32_t index) const noexcept = 0;
  virtual void clearErrors() noexcept = 0;
  // ---- Tenon's own ----
  /// Extents of an input, −1 for one that is left open. A model that cannot be read without them, because ranks depend
  /// on its input shapes, is read for these; others do not need them and stay dynamic. False for a negative rank.
  virtual bool setInputShape(char const* inputName, Dims const& dims) noexcept = 0;
};

/// The network and the logger must outlive the parser.
TENON_API IParser* createParser(INetworkDefinition& network, ILogger& logger) noexcept;

}  // namespace tenon
