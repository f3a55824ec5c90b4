// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tn {

/// Files that hold samples of a network's inputs: images, .npy, .npz and raw .bin.
bool is_sample_file(const std::filesystem::path& path);

/// At most `most` of the sample files below a folder: sorted by path, those of its folders taken in turn, so that the
/// first of them are of all classes. A seed other than 0 shuffles each folder's files before. Names that begin with '.'
/// are not looked at. Throws Error(NotFound, InvalidArgument) naming the folder if it is missing or has no such file.
std::vector<std::filesystem::path> find_samples(const std::filesystem::path& root, int64_t most, uint64_t seed = 0);

}  // namespace tn
