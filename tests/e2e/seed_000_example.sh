curl -X POST https://api.anyreach.ai/campaign/campaigns/{campaign_id}/contacts \
  -H "Authorization: Bearer <token>" \
  -H "X-Anyreach-Org: <organization_id>" \
  -H "Content-Type: application/json" \
  -d '{
    "contacts": [
      {
        "external_id": "crm-4821",
        "phone_numbers": ["+14155550101", "+14155550102"],
        "timezone": "America/Los_Angeles",
        "scheduled_at": "2026-07-01T17:00:00Z",
        "initial_context": "Renewal due next week.",
        "data": { "first_name": "Dana", "plan": "pro" }
      }
    ]
  }'
