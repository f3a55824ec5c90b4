// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/external_data.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "base/os/file.h"

namespace tn::import {
namespace {

struct Place {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

uint64_t number(const std::string& text, const char* what) {
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  model_check(!text.empty() && result.ec == std::errc() && result.ptr == text.data() + text.size(),
              "the {} of its data is no number", what);
  return value;
}

// Unknown keys are left to whoever knows them.
Place place_of(const onnx::TensorProto& tensor) {
  Place place;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") place.location = entry.value();
    if (entry.key() == "offset") place.offset = number(entry.value(), "offset");
    if (entry.key() == "length") place.length = number(entry.value(), "length");
  }
  return place;
}

std::filesystem::path resolve(const std::string& location, const std::filesystem::path& folder) {
  model_check(!location.empty() && !folder.empty(), "its data lie in another file that is not at hand");
  const bool plain = std::ranges::all_of(location, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  model_check(plain && location.size() < 4096, "the name of its data file cannot be one");
  const std::filesystem::path name(location);
  model_check(name.is_relative(), "its data file '{}' is not named from the model's folder", location);
  std::error_code failed;
  const auto root = std::filesystem::canonical(folder, failed);
  const auto path = failed ? root : std::filesystem::canonical(folder / name, failed);
  if (failed) throw Error(ErrorCode::NotFound, "its data file '{}': {}", location, failed.message());
  const auto relative = path.lexically_relative(root);
  model_check(!relative.empty() && *relative.begin() != "..", "its data file '{}' lies outside the model's folder",
              location);
  return path;
}

}  // namespace

std::vector<std::byte> external_bytes(const onnx::TensorProto& tensor, const std::filesystem::path& folder,
                                      size_t expected) {
  try {
    const Place place = place_of(tensor);
    const MappedFile file(resolve(place.location, folder));
    const auto all = file.bytes();
    model_check(place.length.value_or(expected) == expected, "{} bytes of data are named, {} are needed",
                place.length.value_or(0), expected);
    model_check(place.offset <= all.size() && expected <= all.size() - place.offset,
                "'{}' has {} bytes, {} at {} are needed", place.location, all.size(), expected, place.offset);
    const auto part = all.subspan(place.offset, expected);
    return {part.begin(), part.end()};
  } catch (const Error& error) {
    throw error.within("tensor '" + tensor.name() + "'");
  }
}

}  // namespace tn::import
