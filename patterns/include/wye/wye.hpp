// Everything of Wye but the opt-in headers (<wye/msgpack.hpp>) and the devices.
#pragma once

#include <wye/bus.hpp>
#include <wye/consumer.hpp>
#include <wye/context.hpp>
#include <wye/pair.hpp>
#include <wye/pipeline.hpp>
#include <wye/poller.hpp>
#include <wye/producer.hpp>
#include <wye/pubsub.hpp>
#include <wye/queue_admin.hpp>
#include <wye/reqrep.hpp>
#include <wye/router.hpp>
#include <wye/shared.hpp>
#include <wye/survey.hpp>
