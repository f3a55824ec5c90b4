// SPDX-License-Identifier: Apache-2.0
#include "builder/calibration_data.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "base/os/file.h"
#include "base/tensor_view.h"
#include "dataset/image.h"

namespace tn {
namespace {

namespace fs = std::filesystem;

template <typename... Args>
void check(bool good, fmt::format_string<Args...> format, Args&&... args) {
  if (!good) throw Error(ErrorCode::InvalidArgument, format, std::forward<Args>(args)...);
}

// Elements [first, first + item) of an array, as the input has them.
std::vector<std::byte> converted(NumpyArray& array, int64_t first, const SampledInput& input) {
  std::vector<std::byte> bytes(static_cast<size_t>(input.item.elements()) * size_of(input.type));
  const TensorView from = TensorView::dense(array.data.data(), array.type, array.dims),
                   to = TensorView::dense(bytes.data(), input.type, input.item);
  for (int64_t i = 0; i < input.item.elements(); ++i)
    is_float(input.type) ? store_double(to, i, load_double(from, first + i))
                         : store_int64(to, i, load_int64(from, first + i));
  return bytes;
}

// How many samples an array holds: one of the input's shape, or several along another axis before it.
int64_t samples_in(const NumpyArray& array, const SampledInput& input) {
  const Shape &dims = array.dims, &item = input.item;
  if (dims == item) return 1;
  const bool stacked = dims.rank() == item.rank() + 1 && std::equal(item.begin(), item.end(), dims.begin() + 1);
  check(stacked, "an array of {} is no sample of input '{}', which takes {}", to_string(dims), input.name,
        to_string(item));
  return dims[0];
}

}  // namespace

SampleReader::SampleReader(std::vector<fs::path> files, std::vector<SampledInput> inputs, const std::string& preprocess,
                           Logger& logger)
    : files_(std::move(files)), inputs_(std::move(inputs)), preprocess_text_(preprocess), logger_(logger) {}

const SampledInput& SampleReader::only_input() const {
  check(inputs_.size() == 1, "the network has {} inputs; give .npz archives with an array for each", inputs_.size());
  return inputs_[0];
}

const Preprocess& SampleReader::preprocess() {
  if (preprocess_) return *preprocess_;
  const SampledInput& input = only_input();
  Shape shape = {1};
  for (const int64_t extent : input.item) shape.push_back(extent);
  if (preprocess_text_.empty()) {
    const PreprocessChoice choice = default_preprocess(shape);
    logger_.warning("no preprocessing is given: {}, so images go through {}", choice.reason,
                    to_string(choice.preprocess));
    preprocess_ = choice.preprocess;
  } else {
    preprocess_ = parse_preprocess(preprocess_text_);
    check_preprocess(*preprocess_, shape);
  }
  return *preprocess_;
}

void SampleReader::read_image(const fs::path& path, std::span<const std::byte> bytes) {
  const SampledInput& input = only_input();
  check(input.type == DataType::F32, "input '{}' is {}; images become f32", input.name, name_of(input.type));
  const Image image = decode_image(bytes);
  const Shape shape = preprocess().item_shape(image.height, image.width);
  check(shape == input.item, "the preprocessing makes {} of this image of {}x{}, but input '{}' takes {}",
        to_string(shape), image.height, image.width, input.name, to_string(input.item));
  std::vector<std::byte> result(static_cast<size_t>(shape.elements()) * sizeof(float));
  preprocess().apply(image, {reinterpret_cast<float*>(result.data()), static_cast<size_t>(shape.elements())});
  waiting_.push_back({path.string(), {std::move(result)}});
}

void SampleReader::read_raw(const fs::path& path, std::span<const std::byte> bytes) {
  const SampledInput& input = only_input();
  const size_t size = static_cast<size_t>(input.item.elements()) * size_of(input.type);
  check(size > 0 && !bytes.empty() && bytes.size() % size == 0,
        "{} bytes are no whole number of samples of {} bytes ({} of {})", bytes.size(), size, to_string(input.item),
        name_of(input.type));
  for (size_t at = 0; at < bytes.size(); at += size) {
    const auto part = bytes.subspan(at, size);
    waiting_.push_back({fmt::format("{}[{}]", path.string(), at / size), {{part.begin(), part.end()}}});
  }
}

void SampleReader::add_arrays(const fs::path& path, std::vector<NumpyArray> arrays) {
  std::vector<NumpyArray*> by_input;
  int64_t count = -1;
  for (const SampledInput& input : inputs_) {
    const auto found = arrays.size() == 1 && inputs_.size() == 1
                           ? arrays.begin()
                           : std::ranges::find(arrays, input.name, &NumpyArray::name);
    check(found != arrays.end(), "there is no array '{}' for the input of that name", input.name);
    by_input.push_back(&*found);
    const int64_t samples = samples_in(*found, input);
    check(count < 0 || samples == count, "the arrays hold {} and {} samples", count, samples);
    count = samples;
  }
  for (int64_t i = 0; i < count; ++i) {
    Sample& sample = waiting_.emplace_back();
    sample.source = fmt::format("{}[{}]", path.string(), i);
    for (size_t k = 0; k < inputs_.size(); ++k)
      sample.inputs.push_back(converted(*by_input[k], i * inputs_[k].item.elements(), inputs_[k]));
  }
}

void SampleReader::read(const fs::path& path) {
  const MappedFile file(path);
  names_and_hashes_ += path.filename().string() + " " + hash_bytes(file.bytes()).hex() + "\n";
  try {
    if (path.extension() == ".npz") {
      add_arrays(path, read_npz(file.bytes()));
    } else if (path.extension() == ".npy") {
      std::vector<NumpyArray> arrays;
      arrays.push_back(read_npy(file.bytes()));
      add_arrays(path, std::move(arrays));
    } else {
      has_image_extension(path) ? read_image(path, file.bytes()) : read_raw(path, file.bytes());
    }
  } catch (const Error& error) {
    throw error.within(path.string());
  }
  std::ranges::reverse(waiting_);
}

std::optional<Sample> SampleReader::next() {
  while (waiting_.empty()) {
    if (next_file_ == files_.size()) return std::nullopt;
    try {
      read(files_[next_file_++]);
    } catch (const Error& error) {
      waiting_.clear();
      constexpr int64_t kMostOfHundred = 1;
      if (++skipped_ * 100 > files() * kMostOfHundred)
        throw Error(ErrorCode::InvalidArgument, "{} of {} calibration files cannot be read, the last: {}", skipped_,
                    files(), error.what());
      logger_.warning("{}; left out of the calibration", error.what());
    }
  }
  Sample sample = std::move(waiting_.back());
  waiting_.pop_back();
  return sample;
}

std::string SampleReader::manifest() const {
  return hash_text(names_and_hashes_).hex();
}

}  // namespace tn
