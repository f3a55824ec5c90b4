// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tn {

struct LabeledImage {
  std::filesystem::path path;
  int32_t label = 0;
};

/// The images below a folder of class folders. The label of a class folder is the integer its name begins with where
/// every one has such ("052_thunder_snake" is 52), else its rank in alphabetical (byte) order. Images are sorted by
/// folder, then by path; folders within a class folder count to it. Names that begin with '.' are not looked at.
class ImageFolder {
 public:
  /// Throws Error(NotFound) or Error(InvalidArgument) naming the folder where it is missing, is no folder, has no class
  /// folders or no images.
  explicit ImageFolder(const std::filesystem::path& root);

  const std::vector<LabeledImage>& images() const { return images_; }
  /// Names of the class folders in alphabetical order.
  const std::vector<std::string>& classes() const { return classes_; }
  /// Labels of the class folders, in the same order.
  const std::vector<int32_t>& labels() const { return labels_; }
  /// Files that do not have the name of an image, beside or in class folders.
  int64_t skipped() const { return skipped_; }

 private:
  void add_class(const std::filesystem::path& folder, int32_t label);

  std::vector<LabeledImage> images_;
  std::vector<std::string> classes_;
  std::vector<int32_t> labels_;
  int64_t skipped_ = 0;
};

}  // namespace tn
