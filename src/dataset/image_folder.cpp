// SPDX-License-Identifier: Apache-2.0
#include "dataset/image_folder.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "dataset/image.h"

namespace tn {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

std::optional<int32_t> leading_integer(const std::string& name) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  return value;
}

std::vector<int32_t> labels_of(const std::vector<std::string>& classes) {
  std::vector<int32_t> labels;
  for (const auto& name : classes) {
    if (const auto label = leading_integer(name)) labels.push_back(*label);
  }
  if (labels.size() == classes.size()) return labels;
  labels.clear();
  for (size_t rank = 0; rank < classes.size(); ++rank) labels.push_back(static_cast<int32_t>(rank));
  return labels;
}

}  // namespace

ImageFolder::ImageFolder(const fs::path& root) try {
  if (!fs::exists(root)) throw Error(ErrorCode::NotFound, "{}: no such folder", root.string());
  if (!fs::is_directory(root)) throw Error(ErrorCode::InvalidArgument, "{}: not a folder", root.string());
  for (const auto& entry : fs::directory_iterator(root)) {
    if (is_hidden(entry.path())) continue;
    if (entry.is_directory()) {
      classes_.push_back(entry.path().filename().string());
    } else {
      ++skipped_;
    }
  }
  if (classes_.empty()) {
    throw Error(ErrorCode::InvalidArgument, "{}: no class folders in it; images belong into one folder per class",
                root.string());
  }
  std::sort(classes_.begin(), classes_.end());
  labels_ = labels_of(classes_);
  for (size_t i = 0; i < classes_.size(); ++i) add_class(root / classes_[i], labels_[i]);
  if (images_.empty()) {
    throw Error(ErrorCode::InvalidArgument, "{}: no images in its {} class folders ({} other files)", root.string(),
                classes_.size(), skipped_);
  }
} catch (const fs::filesystem_error& error) {
  throw Error(ErrorCode::Io, "{}: {}", error.path1().string(), error.code().message());
}

void ImageFolder::add_class(const fs::path& folder, int32_t label) {
  std::vector<fs::path> paths;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      has_image_extension(entry->path()) ? paths.push_back(entry->path()) : void(++skipped_);
    }
  }
  std::sort(paths.begin(), paths.end());
  for (auto& path : paths) images_.push_back({std::move(path), label});
}

}  // namespace tn
