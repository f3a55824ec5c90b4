// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/data_type.h"
#include "base/shape.h"

namespace tn {

/// An array of a file that NumPy wrote, row-major.
struct NumpyArray {
  std::string name;  ///< in an archive, without ".npy"
  DataType type = DataType::F32;
  Shape dims;
  std::vector<std::byte> data;
};

/// A .npy file: little-endian floats, integers or bools in C order. Throws Error(InvalidArgument) for others.
NumpyArray read_npy(std::span<const std::byte> bytes);
/// A .npz archive, compressed or not.
std::vector<NumpyArray> read_npz(std::span<const std::byte> bytes);

}  // namespace tn
