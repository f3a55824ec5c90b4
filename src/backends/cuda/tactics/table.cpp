// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/table.h"

#include "backends/cuda/device/kernel_table.h"
#include "tuning/tactics/common.h"

namespace tn::cuda {

const Backend& backend() {
  static const Tactic* const kTactics[] = {
      &shape_value(),
      &reshape_view(),
      &stride_view(),
      &concat_copy(),
      &branch(),
      &repetition(),
      &conv_depthwise(),
      &conv_stem(),
      &conv_mma(),
      &conv_simt(),
      &conv_cudnn(),
      &conv_transpose_simt(),
      &matmul_mma(),
      &matmul_simt(),
      &matmul_cublaslt(),
      &gather(),
      &gather_elements(),
      &gather_nd(),
      &bit_cast(),
      &pad(),
      &slice(),
      &tile(),
      &one_hot(),
      &trilu(),
      &eye_like(),
      &range(),
      &reverse_sequence(),
      &recurrent(),
      &scatter_elements(),
      &scatter_nd(),
      &resize(),
      &grid_sample(),
      &col2im(),
      &roi_align(),
      &max_roi_pool(),
      &attention(),
      &rows(),
      &max_pool(),
      &average_pool(),
      &lp_pool(),
      &lrn(),
      &cum_prod(),
      &cum_sum(),
      &top_k(),
      &elementwise(),
      &reference(),
  };
  static const Backend kBackend = {"cuda", kTactics, find_kernel};
  return kBackend;
}

}  // namespace tn::cuda
