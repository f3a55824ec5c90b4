// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/external_data.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <system_error>

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

using Path = std::filesystem::path;

// Where a file's data may lie: its folder and, if it is a link, that of what it leads to.
std::vector<Path> folders_of(const Path& file) {
  std::vector<Path> folders;
  std::error_code failed;
  const Path folder = std::filesystem::canonical(file.has_parent_path() ? file.parent_path() : ".", failed);
  if (failed) throw Error(ErrorCode::NotFound, "the model's folder: {}", failed.message());
  folders.push_back(folder);
  const Path real = std::filesystem::canonical(file, failed);
  if (!failed && real.parent_path() != folder) folders.push_back(real.parent_path());
  return folders;
}

bool is_below(const Path& path, const Path& folder) {
  const Path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

Path resolve(const std::string& location, const Path& file) {
  model_check(!location.empty() && !file.empty(), "its data lie in another file that is not at hand");
  const bool plain = std::ranges::all_of(location, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  model_check(plain && location.size() < 4096, "the name of its data file cannot be one");
  const Path name(location);
  model_check(name.is_relative(), "its data file '{}' is not named from the model's folder", location);
  const std::vector<Path> folders = folders_of(file);
  std::error_code failure;
  for (const Path& folder : folders) {
    std::error_code failed;
    const Path path = std::filesystem::canonical(folder / name, failed);
    if (failed) {
      if (!failure) failure = failed;
      continue;
    }
    model_check(std::ranges::any_of(folders, [&](const Path& allowed) { return is_below(path, allowed); }),
                "its data file '{}' lies outside the model's folder", location);
    return path;
  }
  throw Error(ErrorCode::NotFound, "its data file '{}': {}", location, failure.message());
}

}  // namespace

std::vector<std::byte> external_bytes(const onnx::TensorProto& tensor, const std::filesystem::path& file,
                                      size_t expected) {
  try {
    const Place place = place_of(tensor);
    const MappedFile data(resolve(place.location, file));
    const auto all = data.bytes();
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
