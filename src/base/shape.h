// SPDX-License-Identifier: Apache-2.0
// Concrete dimensions and strides. Fixed capacity, so that nothing on the run side allocates.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace tn {

inline constexpr int kMaxRank = 8;

/// Up to kMaxRank integers, outermost first. The same type holds dimensions and strides (both in elements).
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  /// Throws Error(InvalidArgument) above kMaxRank.
  explicit Shape(std::span<const int64_t> dims);
  static Shape filled(int rank, int64_t value);

  int rank() const { return rank_; }
  /// Axes beyond the rank are 0. Throws Error(InvalidArgument) outside of [0, kMaxRank).
  int64_t operator[](int axis) const { return dims_[checked(axis)]; }
  int64_t& operator[](int axis) { return dims_[checked(axis)]; }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }
  std::span<const int64_t> span() const { return {dims_.data(), static_cast<size_t>(rank_)}; }
  void push_back(int64_t dim);

  /// Product of all entries; 1 for rank 0.
  int64_t elements() const;
  /// Strides of a dense row-major tensor of these dimensions.
  Shape row_major_strides() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    return a.rank_ == b.rank_ && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  static size_t checked(int axis) {
    if (axis < 0 || axis >= kMaxRank) [[unlikely]]
      no_such_axis(axis);
    return static_cast<size_t>(axis);
  }
  [[noreturn]] static void no_such_axis(int axis);

  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

/// "[1,3,224,224]"; "[]" for a scalar.
std::string to_string(const Shape& shape);

}  // namespace tn
