// SPDX-License-Identifier: Apache-2.0
// All layers of a network. Names follow TensorRT 10.16.
#pragma once

#include "tenon/layers_control.h"
#include "tenon/layers_index.h"
#include "tenon/layers_math.h"
#include "tenon/layers_shape.h"
#include "tenon/layers_window.h"
