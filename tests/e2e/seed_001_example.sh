curl -X POST https://api.anyreach.ai/campaign/campaigns/spring-outreach/contacts \
  -H "Authorization: Bearer $ANYREACH_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "contacts": [
      {
        "external_id": "lead-1001",
        "phone_numbers": ["+14155550123"],
        "data": { "first_name": "Ada" }
      },
      {
        "external_id": "lead-1002",
        "phone_numbers": ["+14155550199"],
        "data": { "first_name": "Grace" }
      }
    ]
  }'
