// SPDX-License-Identifier: Apache-2.0
#include "dataset/sample_files.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "base/error.h"
#include "dataset/image.h"

namespace tn {
namespace {

namespace fs = std::filesystem;

// By the folder directly below the root that they lie in; "" for those in the root.
std::map<std::string, std::vector<fs::path>> files_of(const fs::path& root) {
  std::map<std::string, std::vector<fs::path>> classes;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
    const fs::path& path = entry->path();
    if (path.filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file() || !is_sample_file(path)) continue;
    const fs::path below = path.lexically_relative(root);
    classes[std::next(below.begin()) == below.end() ? "" : below.begin()->string()].push_back(path);
  }
  return classes;
}

}  // namespace

bool is_sample_file(const fs::path& path) {
  const fs::path extension = path.extension();
  return has_image_extension(path) || extension == ".npy" || extension == ".npz" || extension == ".bin";
}

std::vector<fs::path> find_samples(const fs::path& root, int64_t most, uint64_t seed) try {
  if (!fs::exists(root)) throw Error(ErrorCode::NotFound, "{}: no such folder", root.string());
  if (!fs::is_directory(root)) throw Error(ErrorCode::InvalidArgument, "{}: not a folder", root.string());
  auto classes = files_of(root);
  std::mt19937_64 random(seed);
  size_t longest = 0;
  for (auto& [name, files] : classes) {
    std::ranges::sort(files);
    for (size_t i = files.size(); seed != 0 && i > 1; --i) std::swap(files[i - 1], files[random() % i]);
    longest = std::max(longest, files.size());
  }
  std::vector<fs::path> samples;
  for (size_t turn = 0; turn < longest; ++turn) {
    for (const auto& [name, files] : classes) {
      if (std::ssize(samples) == most) return samples;
      if (turn < files.size()) samples.push_back(files[turn]);
    }
  }
  if (samples.empty())
    throw Error(ErrorCode::InvalidArgument, "{}: no images, .npy, .npz or .bin files in it", root.string());
  return samples;
} catch (const fs::filesystem_error& error) {
  throw Error(ErrorCode::Io, "{}: {}", error.path1().string(), error.code().message());
}

}  // namespace tn
