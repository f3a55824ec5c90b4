// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/shape.h"
#include "dataset/numpy.h"
#include "dataset/preprocess.h"

namespace tn {

/// An input of a network as samples fill it.
struct SampledInput {
  std::string name;
  DataType type = DataType::F32;
  Shape item;  ///< of one sample, without the batch
};

/// One sample: a dense value for every input.
struct Sample {
  std::string source;  ///< the file, with the number of the sample where it has several
  std::vector<std::vector<std::byte>> inputs;
};

/// Gives samples, one after another.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  /// The next sample, or nothing behind the last.
  virtual std::optional<Sample> next() = 0;
};

/// Reads files as samples: images by a preprocessing, arrays and raw values as they are. An array
/// may hold several samples along its first axis; those of an archive belong to the inputs of their names.
class SampleReader final : public SampleSource {
 public:
  /// `preprocess`: a specification, or empty for what the input's shape suggests, which is logged.
  SampleReader(std::vector<std::filesystem::path> files, std::vector<SampledInput> inputs,
               const std::string& preprocess, Logger& logger);
  /// A file that cannot be read is named in a warning and left out; throws
  /// Error(InvalidArgument) when these are more than 1 % of all.
  std::optional<Sample> next() override;
  /// Of the names and contents of the files so far, in their order.
  std::string manifest() const;
  int64_t files() const { return std::ssize(files_); }
  int64_t skipped() const { return skipped_; }
  const std::vector<SampledInput>& inputs() const { return inputs_; }

 private:
  void read(const std::filesystem::path& path);
  void read_image(const std::filesystem::path& path, std::span<const std::byte> bytes);
  void read_raw(const std::filesystem::path& path, std::span<const std::byte> bytes);
  void add_arrays(const std::filesystem::path& path, std::vector<NumpyArray> arrays);
  const SampledInput& only_input() const;
  const Preprocess& preprocess();

  std::vector<std::filesystem::path> files_;
  std::vector<SampledInput> inputs_;
  std::string preprocess_text_;
  std::optional<Preprocess> preprocess_;
  Logger& logger_;
  size_t next_file_ = 0;
  std::vector<Sample> waiting_;  ///< of the last file, in reverse
  int64_t skipped_ = 0;
  std::string names_and_hashes_;
};

}  // namespace tn
