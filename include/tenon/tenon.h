// SPDX-License-Identifier: Apache-2.0
// The whole C++ interface of Tenon. Programs that only run engines include tenon/runtime.h and link libtenon_runtime.
#pragma once

#include "tenon/builder.h"
#include "tenon/caffe_parser.h"
#include "tenon/image.h"
#include "tenon/model_report.h"
#include "tenon/network.h"
#include "tenon/parser.h"
#include "tenon/runtime.h"
