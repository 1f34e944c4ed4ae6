"""The Asterisk modules we load, by name, and nothing else: no port is opened that we did not ask for."""

COMMON = (
    # sockets, SIP and media
    *("res_timing_timerfd", "res_pjproject", "res_crypto", "res_srtp", "res_rtp_asterisk"),
    *("res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb"),
    *("res_pjsip", "res_pjsip_session", "res_pjsip_pubsub", "res_pjsip_authenticator_digest"),
    *("res_pjsip_outbound_authenticator_digest", "res_pjsip_outbound_registration"),
    *("res_pjsip_endpoint_identifier_ip", "res_pjsip_endpoint_identifier_user", "res_pjsip_caller_id"),
    *("res_pjsip_nat", "res_pjsip_registrar", "res_pjsip_rfc3326", "res_pjsip_sdp_rtp"),
    *("res_pjsip_dtmf_info", "chan_pjsip", "chan_bridge_media"),
    *("bridge_simple", "bridge_native_rtp", "bridge_holding", "bridge_builtin_features"),
    *("codec_ulaw", "codec_alaw", "codec_a_mu", "codec_resample", "format_pcm", "format_wav"),
    # dialplan
    *("pbx_config", "app_dial", "app_playback", "app_userevent", "app_stack", "app_verbose", "app_exec"),
    *("func_callerid", "func_channel", "func_cut", "func_db", "func_global", "func_hangupcause"),
    *("func_logic", "func_math", "func_strings", "func_timeout"),
)

PBX = (
    *COMMON,
    *("res_http_websocket", "res_pjsip_transport_websocket", "res_pjsip_refer", "res_pjsip_header_funcs"),
    *("res_format_attr_opus", "codec_opus_open_source", "codec_g722", "bridge_softmix"),
    *("app_queue", "app_mixmonitor", "app_senddtmf", "res_musiconhold", "res_manager_devicestate"),
    *("app_amd", "app_waitforsilence"),
    *("func_devstate", "func_pjsip_aor", "func_pjsip_contact", "func_pjsip_endpoint"),
    *("func_periodic_hook", "app_chanspy", "func_groupcount", "func_uri"),  # app_mixmonitor's
    # agents are provisioned by ARI's push configuration
    *(
        "res_stasis",
        "res_websocket_client",
        "res_ari",
        "res_ari_model",
        "res_ari_asterisk",
        "res_ari_endpoints",
    ),
)

LAB = (*COMMON, "pbx_spool", "app_record", "app_echo", "app_senddtmf")

OPTIONAL = frozenset({"codec_opus_open_source", "res_format_attr_opus", "codec_g722", "res_websocket_client"})
"""Loaded where a build has them: their absence costs a codec, or means an older Asterisk that needs none."""

ALL = tuple(dict.fromkeys((*PBX, *LAB)))
