// SPDX-License-Identifier: Apache-2.0
// Reading networks of Caffe, in the form that TensorRT had up to version 8. Only in libtenon.
#pragma once

#include "tenon/network.h"

namespace tenon {

/// The blobs of a network by name, as the last layer that writes them leaves them.
class IBlobNameToTensor : public INoCopy {
 public:
  /// Null if there is no such blob. Mark it as an output with INetworkDefinition::markOutput.
  virtual ITensor* find(char const* name) const noexcept = 0;
};

/// An array of numbers that Caffe wrote, such as a mean image.
class IBinaryProtoBlob : public INoCopy {
 public:
  virtual void const* getData() noexcept = 0;
  virtual Dims4 getDimensions() noexcept = 0;
  virtual DataType getDataType() noexcept = 0;
};

/// Fills empty networks from a structure (prototxt) and weights (caffemodel), each in protobuf's text or binary format.
class ICaffeParser : public INoCopy {
 public:
  /// Null on failure; every layer that cannot be imported is reported, not only the first. Without a model the weights
  /// are random. The network keeps its batch, as its first dimension, and has no outputs yet. Weights stay as they are
  /// stored, whatever `weightType` says: the builder chooses types. The result lives as long as the parser.
  virtual IBlobNameToTensor const* parse(char const* deploy, char const* model, INetworkDefinition& network,
                                         DataType weightType) noexcept = 0;
  virtual IBlobNameToTensor const* parseBuffers(void const* deploy, std::size_t deploySize, void const* model,
                                                std::size_t modelSize, INetworkDefinition& network,
                                                DataType weightType) noexcept = 0;
  /// Reads a file that holds one array of at most four dimensions. The caller frees it.
  virtual IBinaryProtoBlob* parseBinaryProto(char const* fileName) noexcept = 0;
  /// Accepted for old programs; files of any size are read.
  virtual void setProtobufBufferSize(std::size_t size) noexcept = 0;
  // ---- Tenon's own ----
  /// Extents of an input instead of those in the file, −1 for one that is left open.
  virtual bool setInputShape(char const* inputName, Dims const& dims) noexcept = 0;
  /// First extent of all other inputs instead of those in the file.
  virtual bool setBatchSize(int64_t batch) noexcept = 0;
  /// Blobs that no layer reads, after a parse: what a network without named outputs gives. Null beyond the last.
  virtual char const* getUnreadBlob(int32_t index) const noexcept = 0;
};

/// The logger, and the networks parsed into, must outlive the parser.
TENON_API ICaffeParser* createCaffeParser(ILogger& logger) noexcept;

}  // namespace tenon
